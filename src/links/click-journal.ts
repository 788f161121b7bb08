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
  signals: ClickSignal[];
  addressHash: string;
  agentHash: string;
}

/** A click, and what has to hold when it is written down. */
export interface ClickToWrite {
  click: RecordedClick;
  /** The revision of links under which it was judged. */
  revision: number;
  /** When the link ends. */
  expiresAt: Instant;
}

/** Written; or not, because links were changed since it was judged, or its link has ended. */
export type WriteOutcome = 'written' | 'overtaken' | 'ended';

/** Clicks that were written down together, and so happened at the same instant. */
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

/** A commit costs as much as answering several clicks: those that come within so long share one. */
const APART_MS = 4;

/** More waits to be written than can be held. */
export class JournalFull extends Error {}

/** Among clicks that were to be written down together is one of a link that has ended. */
class SomeEnded extends Error {}

/** Nothing is written when a link has ended or links were changed: the clock and the revision are the database's, as of now. */
const APPEND = `
  WITH present AS MATERIALIZED (
    SELECT turnout_now() AS at, revision = $3 AS is_current FROM link_revision
  ), written AS (
    INSERT INTO link_click_journal (id, written_at, clicks)
    SELECT $1::uuid, at, $2::jsonb FROM present WHERE is_current AND at < $4 RETURNING id
  )
  SELECT is_current, EXISTS (SELECT FROM written) AS is_written FROM present`;

/**
 * Where clicks are durable before they are answered. Those that come at the same time are one row, and turn into events
 * later: so little is to be done while somebody waits for a page.
 */
@Injectable()
export class ClickJournal implements BeforeApplicationShutdown {
  private readonly group: GroupCommit<ClickToWrite, WriteOutcome>;

  constructor(private readonly dataSource: DataSource) {
    this.group = new GroupCommit<ClickToWrite, WriteOutcome>({
      commit: (clicks) => this.append(clicks),
      refuse: () => Promise.resolve('ended'),
      isWorthSplitting: (error) => error instanceof SomeEnded,
      bytesOf: () => BYTES_A_CLICK,
      ...{ mostItems: MOST_A_BATCH, mostBytes: Infinity, mostAtOnce: 2, apartMs: APART_MS },
    });
  }

  /** Resolves once the click is committed, or can't be. Rejects with {@link JournalFull}, and with what the database throws. */
  write(click: ClickToWrite): Promise<WriteOutcome> {
    if (this.group.heldBytes < MOST_WAITING_BYTES) return this.group.addOne(click);
    return Promise.reject(new JournalFull('more clicks come than can be written down'));
  }

  /** The oldest batches that nobody works on, in order, for as long as a crash may cost. */
  async claim(tx: Transaction): Promise<ClickBatch[]> {
    const rows = await prepared<{ id: string; written_at: Date; clicks: RecordedClick[] }>(
      tx,
      'claim_click_batches',
      `UPDATE link_click_journal SET claimed_until = turnout_now() + interval '10 seconds'
        WHERE id IN (SELECT id FROM link_click_journal WHERE claimed_until IS NULL OR claimed_until <= turnout_now()
                      ORDER BY written_at LIMIT ${BATCHES_A_CLAIM} FOR UPDATE SKIP LOCKED)
       RETURNING id, written_at, clicks`,
      [],
    );
    return rows
      .map((row) => ({ id: row.id, writtenAt: row.written_at.getTime(), clicks: row.clicks }))
      .sort((a, b) => a.writtenAt - b.writtenAt);
  }

  async remove(tx: Transaction, ids: readonly string[]): Promise<void> {
    await query(tx, 'DELETE FROM link_click_journal WHERE id = ANY($1::uuid[])', [ids]);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.group.idle();
  }

  private async append(clicks: readonly ClickToWrite[]): Promise<WriteOutcome[]> {
    const { revision } = clicks.at(-1)!;
    if (clicks.some((one) => one.revision !== revision)) return clicks.map(() => 'overtaken');
    const endsAt = Math.min(...clicks.map((one) => one.expiresAt));
    const said = JSON.stringify(clicks.map(({ click }) => click));
    const [row] = await prepared<{ is_current: boolean; is_written: boolean }>(
      this.dataSource.manager,
      'append_clicks',
      APPEND,
      [randomUUID(), said, revision, new Date(endsAt)],
    );
    if (!row!.is_current) return clicks.map(() => 'overtaken');
    if (!row!.is_written) throw new SomeEnded('the link of a click has ended');
    return clicks.map(() => 'written');
  }
}
