export interface GroupCommitSettings<Item, Result> {
  /** Commits some items in one transaction; their results, in the same order. */
  commit(items: readonly Item[]): Promise<Result[]>;
  /** What is to become of an item that alone can't be committed, in place of the error. */
  refuse(item: Item, error: unknown): Promise<Result>;
  /** Whether the items of a group that failed are worth trying in smaller groups. */
  isWorthSplitting(error: unknown): boolean;
  /** How much memory an item keeps while it waits, in bytes. */
  bytesOf(item: Item): number;
  /** Limits of one group. */
  mostItems: number;
  mostBytes: number;
  /** Groups committed at the same time. */
  mostAtOnce: number;
}

type Outcome<Result> = { result: Result } | { error: Error };

interface Waiting<Item, Result> {
  item: Item;
  bytes: number;
  settle(outcome: Outcome<Result>): void;
}

/**
 * Commits the work of concurrent callers together. Whatever comes while the groups before are under way goes into the
 * next one, so groups grow with the load, and a lone caller waits for nobody. Each caller is answered after its commit.
 * A group that fails is split until what made it fail stands alone.
 */
export class GroupCommit<Item, Result> {
  /** What waits or is under way. */
  heldBytes = 0;
  private queue: Waiting<Item, Result>[] = [];
  private underWay = 0;
  private isScheduled = false;
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
    this.queue.push({ item, bytes, settle });
  }

  private settle(one: Waiting<Item, Result>, outcome: Outcome<Result>): void {
    this.heldBytes -= one.bytes;
    one.settle(outcome);
  }

  /** Once whoever else has something at this moment has added it. */
  private schedule(): void {
    if (this.isScheduled || this.underWay >= this.settings.mostAtOnce) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.start();
    });
  }

  private start(): void {
    if (this.queue.length === 0 || this.underWay >= this.settings.mostAtOnce) return;
    const group = this.takeGroup();
    this.underWay += 1;
    void this.commit(group).finally(() => {
      this.underWay -= 1;
      this.start();
      if (this.queue.length === 0 && this.underWay === 0) this.onIdle.splice(0).forEach((resolve) => resolve());
    });
    if (this.queue.length > 0) this.start();
  }

  private takeGroup(): Waiting<Item, Result>[] {
    const { mostItems, mostBytes } = this.settings;
    let bytes = 0;
    let end = 0;
    while (end < this.queue.length && end < mostItems) {
      bytes += this.queue[end]!.bytes;
      if (end > 0 && bytes > mostBytes) break;
      end += 1;
    }
    return this.queue.splice(0, end);
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

function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
