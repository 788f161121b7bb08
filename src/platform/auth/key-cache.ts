interface Entry<T> {
  value: Promise<T | undefined>;
  expiresAt: number;
}

/**
 * Remembers for a short time what was found, and never what was not: guesses can't fill it, and a key that was just made
 * works at once. Callers that ask for the same at the same time share one load.
 */
export class KeyCache<T> {
  private readonly entries = new Map<string, Entry<T>>();

  /** `ttlMs` in milliseconds, on the clock `now`, which never goes back. */
  constructor(
    private readonly ttlMs: number,
    private readonly now: () => number,
  ) {}

  async get(key: string, load: () => Promise<T | undefined>): Promise<T | undefined> {
    const kept = this.entries.get(key);
    if (kept && this.now() < kept.expiresAt) return kept.value;
    const entry = { value: load(), expiresAt: this.now() + this.ttlMs };
    this.entries.set(key, entry);
    try {
      const value = await entry.value;
      if (value === undefined) this.forget(key, entry);
      return value;
    } catch (error) {
      this.forget(key, entry);
      throw error;
    }
  }

  private forget(key: string, entry: Entry<T>): void {
    if (this.entries.get(key) === entry) this.entries.delete(key);
  }
}
