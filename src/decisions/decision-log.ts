import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Nudger } from '../platform/nudger.js';
import { DecisionWriter } from './decision-writer.js';
import type { Judged } from './judge.js';

const MOST_A_WRITE = 250;
/** After so many reasons whoever waits for an answer has a turn. */
const REASONS_A_TURN = 25;
/** With so many unwritten, whoever answers waits: memory stays bounded, and no decision is dropped. */
const MOST_WAITING = 20_000;
const REST_MS = 500;

/**
 * Writes decisions down after they were answered. What an answer's giver can't lose (one that is pinned, or still open)
 * does not come here but is written first.
 */
@Injectable()
export class DecisionLog implements BeforeApplicationShutdown {
  private readonly logger = new Logger(DecisionLog.name);
  private waiting: Judged[] = [];
  private writing: Promise<void> | undefined;
  private isStopping = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly writer: DecisionWriter,
    private readonly nudger: Nudger,
  ) {}

  /** Resolves at once, unless the log is far behind or the process is stopping. */
  async add(judged: readonly Judged[]): Promise<void> {
    if (judged.length === 0) return;
    this.waiting.push(...judged);
    this.writing ??= this.write().finally(() => (this.writing = undefined));
    if (this.isStopping || this.waiting.length > MOST_WAITING) await this.writing;
  }

  /** Resolves when everything that was answered until now is written. */
  async flush(): Promise<void> {
    while (this.writing) await this.writing;
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    await this.flush();
  }

  private async write(): Promise<void> {
    // Those answered in this turn go together.
    await nextTurn();
    while (this.waiting.length > 0) {
      const batch = this.waiting.slice(0, MOST_A_WRITE);
      await explainInTurns(batch);
      try {
        const { written, owedTo } = await this.dataSource.transaction((tx) => this.writer.write(tx, batch));
        written();
        if (owedTo.length > 0) this.nudger.deliver(owedTo);
        this.waiting = this.waiting.slice(batch.length);
      } catch (error) {
        this.logger.error({ msg: 'decisions could not be logged yet', waiting: this.waiting.length, err: error });
        if (this.isStopping) return;
        await new Promise((resolve) => setTimeout(resolve, REST_MS));
      }
    }
  }
}

/** Works out reasons before a transaction asks for them. */
async function explainInTurns(judged: readonly Judged[]): Promise<void> {
  for (const [index, one] of judged.entries()) {
    one.explain();
    if (index % REASONS_A_TURN === REASONS_A_TURN - 1) await nextTurn();
  }
}
