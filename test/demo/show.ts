const LINE_WIDTH = 118;
const NARROWEST = 24;

/** Prints a table with aligned columns; a last column that is too wide for the line goes on below itself. */
export function table(head: string[], rows: string[][]): void {
  const last = head.length - 1;
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const before = widths.slice(0, last).reduce((sum, width) => sum + width + 2, 2);
  widths[last] = Math.min(widths[last]!, Math.max(NARROWEST, LINE_WIDTH - before));
  const print = (cells: string[]): void => {
    const padded = cells.slice(0, last).map((cell, column) => cell.padEnd(widths[column]!) + '  ');
    const [first, ...further] = wrapped(cells[last]!, widths[last]!);
    console.log(`  ${padded.join('')}${first}`.trimEnd());
    for (const text of further) console.log(' '.repeat(before) + text);
  };
  print(head);
  print(widths.map((width) => '─'.repeat(width)));
  rows.forEach(print);
  console.log();
}

function wrapped(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)!} ${word}`.trimStart();
    if (longer.length <= width || lines.at(-1) === '') lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

export function heading(title: string): void {
  console.log(`\n━━ ${title} ${'━'.repeat(Math.max(0, LINE_WIDTH - 4 - title.length))}\n`);
}

/** `2026-03-24 01:00`, with seconds and milliseconds only where there are any. */
export function shortTime(at: string | number): string {
  return new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace(/(:00)?\.000Z$/, '')
    .replace('Z', '');
}

interface Result {
  chapter: string;
  isRight: boolean;
  /** The outcome in words, with what was expected and what came where they differ. */
  lines: string[];
}

/** Comparisons of what came with what should have come; each said at once, and all of them again at the end. */
export class Checks {
  private readonly results: Result[] = [];
  private current = '';

  chapter(title: string): void {
    this.current = title;
    heading(title);
  }

  equal(what: string, actual: unknown, expected: unknown): void {
    const [got, wanted] = [actual, expected].map((value) => JSON.stringify(value));
    const isRight = got === wanted;
    const lines = isRight ? [`✓ ${what}`] : [`✗ ${what}`, `    expected ${wanted}`, `    but got  ${got}`];
    this.results.push({ chapter: this.current, isRight, lines });
    for (const line of lines) console.log(`  ${line}`);
  }

  /** Lists every check; true if there were any and all were right. */
  conclude(): boolean {
    heading('all checks');
    for (const chapter of new Set(this.results.map((one) => one.chapter))) {
      console.log(`  ${chapter}`);
      const lines = this.results.filter((one) => one.chapter === chapter).flatMap((one) => one.lines);
      for (const line of lines) console.log(`    ${line}`);
    }
    const failed = this.results.filter((one) => !one.isRight).length;
    console.log(`\n  ${this.results.length - failed} checks passed, ${failed} failed\n`);
    return this.results.length > 0 && failed === 0;
  }
}
