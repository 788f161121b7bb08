/** A fenced block of a document. */
export interface Fence {
  /** What stands behind the opening backticks, such as `json rule`. */
  info: string;
  text: string;
  /** The heading that it stands under, and where it stands there, as in `Birthday, example 2`. */
  title: string;
  line: number;
  /** The block quote right below it, without its marker and Markdown's escapes; undefined where there is none. */
  quote: string | undefined;
}

/** All fenced blocks of a Markdown text. */
export function fencesIn(markdown: string): Fence[] {
  const lines = markdown.split('\n');
  const fences: Fence[] = [];
  let heading = 'top';
  let position = 0;
  for (let index = 0; index < lines.length; index++) {
    const [, named] = /^#+ (.*)$/.exec(lines[index]!) ?? [];
    if (named !== undefined) {
      heading = named;
      position = 0;
    }
    const [, info] = /^```(.*)$/.exec(lines[index]!) ?? [];
    if (info === undefined) continue;
    const start = index + 1;
    const end = lines.indexOf('```', start);
    if (end < 0) throw new Error(`the block at line ${index + 1} has no end`);
    const title = `${heading}, example ${++position}`;
    const text = lines.slice(start, end).join('\n');
    fences.push({ info, text, title, line: index + 1, quote: quoteAfter(lines, end) });
    index = end;
  }
  return fences;
}

/** Bodies of the calls in a shell block: what stands between `-d '` and the next quote. */
export function bodiesIn(shell: string): string[] {
  return [...shell.matchAll(/-d '([^']*)'/g)].map(([, body]) => body!);
}

function quoteAfter(lines: readonly string[], end: number): string | undefined {
  const next = lines.slice(end + 1).find((line) => line.trim() !== '');
  return next?.startsWith('> ') ? next.slice(2).replace(/\\([^A-Za-z0-9\s])/g, '$1') : undefined;
}
