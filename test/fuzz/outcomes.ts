/** How often each source came to each outcome. */
export class Outcomes {
  total = 0;
  longestMs = 0;
  private readonly counts = new Map<string, number>();

  count(source: string, outcome: string, tookMs: number): void {
    const key = `${source} ${outcome}`;
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
    this.total += 1;
    this.longestMs = Math.max(this.longestMs, tookMs);
  }

  /** A line for each, in order. */
  table(): string {
    return [...this.counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, count]) => `${count.toLocaleString('en').padStart(10)}  ${key}`)
      .join('\n');
  }

  /** How often an outcome that begins so came up. */
  of(beginning: string): number {
    return [...this.counts].reduce((sum, [key, count]) => sum + (key.startsWith(beginning) ? count : 0), 0);
  }
}
