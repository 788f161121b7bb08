import { DataSource } from 'typeorm';
import type { Settled } from '../outbox/claimed-message.js';
import type { OutboxStore } from '../outbox/outbox-store.js';
import { settleInPlace } from '../outbox/settle-in-place.js';

/**
 * Writes down what came of the messages of one claim. What comes to an end while the last ones are written is written
 * together after them.
 */
export class Settling {
  private waiting: Settled[] = [];
  private writing: Promise<void> | undefined;
  private failure: Error | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly outbox: OutboxStore,
  ) {}

  add(settled: readonly Settled[]): void {
    this.waiting.push(...settled);
    this.writing ??= this.write();
  }

  /** Resolves when all is written; throws what went wrong with any of it. */
  async done(): Promise<void> {
    await this.writing;
    if (this.failure) throw this.failure;
  }

  private async write(): Promise<void> {
    try {
      while (this.waiting.length > 0) {
        const settled = this.waiting;
        this.waiting = [];
        const left = await settleInPlace(this.dataSource.manager, settled);
        if (left.length > 0) await this.dataSource.transaction((tx) => this.outbox.settle(tx, left));
      }
    } catch (error) {
      this.failure ??= error as Error;
    } finally {
      this.writing = undefined;
    }
  }
}
