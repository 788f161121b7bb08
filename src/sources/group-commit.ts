export interface GroupCommitSettings<Item, Result> {
  /** Commits some items in one transaction; their results, in the same order. */
  commit(items: readonly Item[]): Promise<Result[]>;
  /** What is to become of an item that alone can't be committed, in place of the error. */
  refuse(item: Item, error: unknown): Promise<Result>;
  /** Whether the items of a group that failed are worth trying in smaller groups. */
  isWorthSplitting(error: unknown): boolean;
  /**
   * What an item will hold until it is committed: groups that share some of it would only wait for each other, so an item
   * waits until none under way has what it needs. Nothing unless given.
   */
  keysOf?(item: Item): readonly string[];
  /** How much memory an item keeps while it waits, in bytes. */
  bytesOf(item: Item): number;
  /** Limits of one group. */
  mostItems: number;
  mostBytes: number;
  /** Groups committed at the same time. */
  mostAtOnce: number;
  /**
   * How long after another a group begins at the earliest, in ms, unless a whole one waits by then: where commits are
   * quick, they would otherwise be many and of few. A lone caller waits for nobody all the same. 0 unless given.
   */
  apartMs?: number;
}

type Outcome<Result> = { result: Result } | { error: Error };

interface Waiting<Item, Result> {
  item: Item;
  bytes: number;
  keys: readonly string[];
  settle(outcome: Outcome<Result>): void;
}

/**
 * Commits the work of concurrent callers together. Whatever comes while the groups before are under way goes into the
 * next one, so groups grow with the load, and a lone caller waits for nobody but who holds what it needs. Each caller is answered after its commit.
 * A group that fails is split until what made it fail stands alone.
 */
export class GroupCommit<Item, Result> {
  /** What waits or is under way. */
  heldBytes = 0;
  private queue: Waiting<Item, Result>[] = [];
  private underWay = 0;
  /** What the groups under way hold. */
  private readonly held = new Set<string>();
  private isScheduled = false;
  private lastBeganAt = -Infinity;
  private onIdle: (() => void)[] = [];

  constructor(private readonly settings: GroupCommitSettings<Item, Result>) {}

  /** The results of some items, in their order, once all are committed. Rejects when one could not be, after all are settled. */
  add(items: readonly Item[]): Promise<Result[]> {
    if (items.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      const results: Result[] = [];
      const errors: Error[] = [];
      let left = items.length;
      items.forEach((item, index) => {
        this.enqueue(item, (outcome) => {
          if ('result' in outcome) results[index] = outcome.result;
          else errors.push(outcome.error);
          left -= 1;
          if (left > 0) return;
          if (errors.length > 0) reject(errors[0]!);
          else resolve(results);
        });
      });
      this.schedule();
    });
  }

  /** As {@link add}, for one: what comes singly by the thousand. */
  addOne(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.enqueue(item, (outcome) => {
        if ('result' in outcome) resolve(outcome.result);
        else reject(outcome.error);
      });
      this.schedule();
    });
  }

  /** Resolves once nothing waits or is under way. */
  async idle(): Promise<void> {
    if (this.queue.length === 0 && this.underWay === 0) return;
    await new Promise<void>((resolve) => this.onIdle.push(resolve));
  }

  private enqueue(item: Item, settle: (outcome: Outcome<Result>) => void): void {
    const bytes = this.settings.bytesOf(item);
    this.heldBytes += bytes;
    this.queue.push({ item, bytes, keys: this.settings.keysOf?.(item) ?? NO_KEYS, settle });
  }

  private settle(one: Waiting<Item, Result>, outcome: Outcome<Result>): void {
    this.heldBytes -= one.bytes;
    one.settle(outcome);
  }

  /** Once whoever else has something at this moment has added it, and the time of the next group has come. */
  private schedule(): void {
    if (this.isScheduled || this.queue.length === 0 || this.underWay >= this.settings.mostAtOnce) return;
    this.isScheduled = true;
    const begin = (): void => {
      this.isScheduled = false;
      this.next();
    };
    const waitMs = this.waitMs();
    if (waitMs > 0) setTimeout(begin, waitMs);
    else setImmediate(begin);
  }

  private waitMs(): number {
    const { apartMs = 0, mostItems } = this.settings;
    if (apartMs === 0 || this.queue.length >= mostItems) return 0;
    return this.lastBeganAt + apartMs - performance.now();
  }

  private start(): void {
    if (this.queue.length === 0 || this.underWay >= this.settings.mostAtOnce) return;
    const group = this.takeGroup();
    if (group.length === 0) return; // until one under way is done
    const keys = group.flatMap((one) => one.keys);
    for (const key of keys) this.held.add(key);
    this.underWay += 1;
    if (this.settings.apartMs) this.lastBeganAt = performance.now();
    void this.commit(group).finally(() => {
      this.underWay -= 1;
      for (const key of keys) this.held.delete(key);
      this.next();
      if (this.queue.length === 0 && this.underWay === 0) this.onIdle.splice(0).forEach((resolve) => resolve());
    });
    if (this.queue.length > 0) this.next();
  }

  private next(): void {
    if (this.waitMs() > 0) this.schedule();
    else this.start();
  }

  /** The first that need nothing that is held. What one that waits needs is kept for it: nobody behind it goes before. */
  private takeGroup(): Waiting<Item, Result>[] {
    const { mostItems, mostBytes } = this.settings;
    const group: Waiting<Item, Result>[] = [];
    const left: Waiting<Item, Result>[] = [];
    const kept = new Set<string>();
    let bytes = 0;
    let next = 0;
    for (; next < this.queue.length && group.length < mostItems; next++) {
      const one = this.queue[next]!;
      if (one.keys.some((key) => this.held.has(key) || kept.has(key))) {
        for (const key of one.keys) kept.add(key);
        left.push(one);
        continue;
      }
      bytes += one.bytes;
      if (group.length > 0 && bytes > mostBytes) break;
      group.push(one);
    }
    this.queue = left.length === 0 ? this.queue.slice(next) : left.concat(this.queue.slice(next));
    return group;
  }

  private async commit(group: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.settings.commit(group.map((one) => one.item));
      group.forEach((one, index) => this.settle(one, { result: results[index]! }));
    } catch (error) {
      await this.commitApart(group, error);
    }
  }

  private async commitApart(group: readonly Waiting<Item, Result>[], error: unknown): Promise<void> {
    if (!this.settings.isWorthSplitting(error)) {
      group.forEach((one) => this.settle(one, { error: errorOf(error) }));
    } else if (group.length === 1) {
      await this.refuse(group[0]!, error);
    } else {
      const middle = group.length >> 1;
      await this.commit(group.slice(0, middle));
      await this.commit(group.slice(middle));
    }
  }

  private async refuse(one: Waiting<Item, Result>, why: unknown): Promise<void> {
    try {
      this.settle(one, { result: await this.settings.refuse(one.item, why) });
    } catch (error) {
      this.settle(one, { error: errorOf(error) });
    }
  }
}

const NO_KEYS: readonly string[] = [];

function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
