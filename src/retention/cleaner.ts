import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { parseDuration, type Milliseconds } from '../core/instant.js';
import { now } from '../platform/clock.js';
import { query, type Transaction } from '../platform/database.js';
import { DEAD_LETTER_MS, DECISIONS_KEPT_MS, KEPT_ON_TOP_MS, RETENTION_MS } from '../platform/retention.js';
import { cleanAwaitedIdentifiers } from './clean-awaited.js';
import { cleanDecisions } from './clean-decisions.js';
import { cleanEvents } from './clean-events.js';
import { cleanLinkBindings, cleanLinkShorts } from './clean-links.js';
import { cleanPastWork } from './clean-past-work.js';
import { cleanReceipts, cleanWaitingEvents } from './clean-receipts.js';
import { cleanRecords } from './clean-records.js';
import { cleanTransitions } from './clean-transitions.js';
import type { Cleaning, Horizons } from './cleaning.js';

const DAY: Milliseconds = 86_400_000;

/** So many conditions that must have held for some time are expected within each other. */
const DEEPEST_LASTING = 5;

const CLEANINGS: readonly Cleaning[] = [
  ...[cleanEvents, cleanReceipts, cleanWaitingEvents, cleanDecisions, cleanRecords],
  ...[cleanLinkBindings, cleanLinkShorts, cleanAwaitedIdentifiers, cleanTransitions, cleanPastWork],
];

/** Removes what is past its time, in small steps; each table's lanes once a day. */
@Injectable()
export class Cleaner {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(RETENTION_MS) private readonly retention: Milliseconds,
    @Inject(DECISIONS_KEPT_MS) private readonly decisionsKept: Milliseconds,
    @Inject(DEAD_LETTER_MS) private readonly deadLetters: Milliseconds,
  ) {}

  /** The next step of whatever is to be done; undefined: nothing is, or others are at it. Returns what was removed. */
  step(): Promise<number | undefined> {
    return this.dataSource.transaction(async (tx) => {
      const at = await now(tx);
      const [open] = await query<{ kind: string; lane: number; after: string }>(
        tx,
        // A newer release may have brought kinds that this one does not know, while both run.
        `SELECT kind, lane, after FROM cleanings WHERE kind = ANY($2) AND (done_at IS NULL OR done_at <= $1)
          ORDER BY done_at NULLS FIRST, lane, kind LIMIT 1 FOR UPDATE SKIP LOCKED`,
        [new Date(at - DAY), CLEANINGS.map((one) => one.kind)],
      );
      if (!open) return undefined;
      const cleaning = CLEANINGS.find((one) => one.kind === open.kind)!;
      const cleaned = await cleaning.step(tx, open, await this.horizons(tx, at));
      await query(tx, 'UPDATE cleanings SET after = $3, done_at = $4 WHERE kind = $1 AND lane = $2', [
        open.kind,
        open.lane,
        cleaned.after ?? '',
        cleaned.after === null ? new Date(at) : null,
      ]);
      return cleaned.removed;
    });
  }

  /**
   * Events count for the retention, but a rule that asks what has been so for some time looks at that time's beginning as
   * well: they are kept for as long on top.
   */
  private async horizons(tx: Transaction, at: number): Promise<Horizons> {
    const kept = this.retention + (await this.longestLasting(tx)) + KEPT_ON_TOP_MS;
    const [decisions, deadLetters] = [at - this.decisionsKept, at - this.deadLetters];
    return { now: at, events: at - kept, receipts: at - kept, decisions, deadLetters };
  }

  /** How far back the declared rules look for what lasts: found in their words, so as never to be less. */
  private async longestLasting(tx: Transaction): Promise<Milliseconds> {
    const rows = await query<{ duration: string }>(
      tx,
      `SELECT DISTINCT (regexp_matches(words, '"for"\\s*:\\s*"([0-9a-z]+)"', 'g'))[1] AS duration FROM (
         SELECT rule::text FROM segment_versions UNION ALL SELECT rule::text FROM segment_drafts
         UNION ALL SELECT rule::text FROM segment_shadows UNION ALL SELECT branch_points::text FROM journey_versions
       ) AS declared (words)`,
    );
    const longest = Math.max(0, ...rows.map((row) => parseDuration(row.duration) ?? 0));
    return rows.length === 0 ? 0 : longest * DEEPEST_LASTING;
  }
}
