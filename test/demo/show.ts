/** Prints a table with aligned columns. */
export function table(head: string[], rows: string[][]): void {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd();
  console.log(`  ${line(head)}`);
  console.log(`  ${line(widths.map((width) => '─'.repeat(width)))}`);
  for (const row of rows) console.log(`  ${line(row)}`);
}

export function chapter(title: string): void {
  console.log(`\n━━ ${title} ${'━'.repeat(Math.max(0, 96 - title.length))}\n`);
}

/** Comparisons of what came with what should have come; said at once, and counted for the end. */
export class Checks {
  private readonly failed: string[] = [];
  private passed = 0;

  equal(what: string, actual: unknown, expected: unknown): void {
    const [got, wanted] = [actual, expected].map((value) => JSON.stringify(value));
    if (got === wanted) {
      this.passed += 1;
      console.log(`  ✓ ${what}`);
    } else {
      this.failed.push(what);
      console.log(`  ✗ ${what}\n      expected ${wanted}\n      but got  ${got}`);
    }
  }

  /** Says how it went; true if all was as it should be. */
  conclude(): boolean {
    chapter('outcome');
    for (const what of this.failed) console.log(`  ✗ ${what}`);
    console.log(`  ${this.passed} checks passed, ${this.failed.length} failed\n`);
    return this.failed.length === 0;
  }
}
