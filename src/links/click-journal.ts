import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import type { Instant } from '../core/instant.js';
import type { ClickSignal } from '../ctas/click-class.js';
import { prepared, query, type Transaction } from '../platform/database.js';
import { GroupCommit } from '../sources/group-commit.js';

/** A click as it is written down before it is answered: what is known without asking who it was. */
export interface RecordedClick {
  link: string;
  /** To whom the link was given. */
  binding?: string | undefined;
  at: Instant;
  signals: ClickSignal[];
  addressHash: string;
  agentHash: string;
}

/** Clicks that were written down together. */
export interface ClickBatch {
  id: string;
  writtenAt: Instant;
  clicks: RecordedClick[];
}

/** Nothing more is taken on while so much waits. */
const MOST_WAITING_BYTES = 16_777_216;
const BYTES_A_CLICK = 512;
const MOST_A_BATCH = 250;
const BATCHES_A_CLAIM = 20;

/** More waits to be written than can be held. */
export class JournalFull extends Error {}

/**
 * Where clicks are durable before they are answered. Those that come at the same time are one row, and turn into events
 * later: so little is to be done while somebody waits for a page.
 */
@Injectable()
export class ClickJournal implements BeforeApplicationShutdown {
  private readonly group: GroupCommit<RecordedClick, undefined>;

  constructor(private readonly dataSource: DataSource) {
    this.group = new GroupCommit<RecordedClick, undefined>({
      commit: (clicks) => this.append(clicks),
      refuse: (_click, error) => {
        throw error;
      },
      isWorthSplitting: () => false,
      bytesOf: () => BYTES_A_CLICK,
      ...{ mostItems: MOST_A_BATCH, mostBytes: Infinity, mostAtOnce: 2 },
    });
  }

  /** Resolves once the click is committed. Throws {@link JournalFull}. */
  async write(click: RecordedClick): Promise<void> {
    if (this.group.heldBytes >= MOST_WAITING_BYTES) throw new JournalFull('more clicks come than can be written down');
    await this.group.add([click]);
  }

  /** The oldest batches that nobody works on, for as long as a crash may cost. */
  async claim(tx: Transaction): Promise<ClickBatch[]> {
    const rows = await query<{ id: string; written_at: Date; clicks: RecordedClick[] }>(
      tx,
      `UPDATE link_click_journal SET claimed_until = turnout_now() + interval '10 seconds'
        WHERE id IN (SELECT id FROM link_click_journal WHERE claimed_until IS NULL OR claimed_until <= turnout_now()
                      ORDER BY written_at LIMIT ${BATCHES_A_CLAIM} FOR UPDATE SKIP LOCKED)
       RETURNING id, written_at, clicks`,
    );
    return rows.map((row) => ({ id: row.id, writtenAt: row.written_at.getTime(), clicks: row.clicks }));
  }

  async remove(tx: Transaction, ids: readonly string[]): Promise<void> {
    await query(tx, 'DELETE FROM link_click_journal WHERE id = ANY($1::uuid[])', [ids]);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.group.idle();
  }

  private async append(clicks: readonly RecordedClick[]): Promise<undefined[]> {
    await prepared(
      this.dataSource.manager,
      'append_clicks',
      'INSERT INTO link_click_journal (id, written_at, clicks) VALUES ($1, turnout_now(), $2)',
      [randomUUID(), JSON.stringify(clicks)],
    );
    return clicks.map(() => undefined);
  }
}
