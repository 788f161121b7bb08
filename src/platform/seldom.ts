/** Has the same thing said at most once in a while: while the database is away it could be said thousands of times a second. */
export class Seldom {
  private saidAt = -Infinity;
  private unsaid = 0;

  /** `everyMs` in milliseconds. */
  constructor(private readonly everyMs: number) {}

  /** Calls `write` unless it was called just now; with how many times it was not since. Says whether it did. */
  say(write: (unsaid: number) => void): boolean {
    if (performance.now() - this.saidAt < this.everyMs) {
      this.unsaid += 1;
      return false;
    }
    write(this.unsaid);
    this.saidAt = performance.now();
    this.unsaid = 0;
    return true;
  }
}
