/** Texts in which `*` stands for any run of characters, none included. */

/** Without regular expressions, so that no pattern can be slow: each literal piece is looked for once, left to right. */
export function globMatches(glob: string, text: string): boolean {
  const [first, ...rest] = glob.split('*') as [string, ...string[]];
  const last = rest.pop();
  if (last === undefined) return text === glob;
  if (!text.startsWith(first)) return false;
  let position = first.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, position);
    if (found < 0) return false;
    position = found + piece.length;
  }
  return text.length - last.length >= position && text.endsWith(last);
}

/** How many characters of a glob must stand in the text as they are. */
export function literalLength(glob: string): number {
  return glob.length - (glob.split('*').length - 1);
}

/**
 * A text that both globs match, or undefined if there is none. Exact: every pair of places in the two is looked at once, so
 * the cost is the product of their lengths.
 */
export function textOfBoth(a: string, b: string): string | undefined {
  const width = b.length + 1;
  const cameFrom = new Map<number, { from: number; character: string }>();
  const open = [0];
  const isSeen = new Uint8Array((a.length + 1) * width);
  isSeen[0] = 1;
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const [i, j] = [Math.floor(place / width), place % width];
    if (i === a.length && j === b.length) return textTo(place, cameFrom);
    for (const { step, character } of stepsFrom(a[i], b[j])) {
      const next = place + step.a * width + step.b;
      if (isSeen[next]) continue;
      isSeen[next] = 1;
      cameFrom.set(next, { from: place, character });
      open.push(next);
    }
  }
  return undefined;
}

interface Advance {
  step: { a: number; b: number };
  character: string;
}

/** How two places can go on together: over a character that both allow, or past a star. */
function stepsFrom(a: string | undefined, b: string | undefined): Advance[] {
  const steps: Advance[] = [];
  if (a === '*') steps.push({ step: { a: 1, b: 0 }, character: '' });
  if (b === '*') steps.push({ step: { a: 0, b: 1 }, character: '' });
  if (a === '*' && b !== '*' && b !== undefined) steps.push({ step: { a: 0, b: 1 }, character: b });
  if (b === '*' && a !== '*' && a !== undefined) steps.push({ step: { a: 1, b: 0 }, character: a });
  if (a !== undefined && a !== '*' && a === b) steps.push({ step: { a: 1, b: 1 }, character: a });
  return steps;
}

function textTo(place: number, cameFrom: ReadonlyMap<number, { from: number; character: string }>): string {
  let text = '';
  for (let at = cameFrom.get(place); at; at = cameFrom.get(at.from)) text = at.character + text;
  return text;
}
