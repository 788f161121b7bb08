import { Injectable } from '@nestjs/common';
import type { HistoryEvent } from '../core/history-event.js';
import type { Instant, Milliseconds } from '../core/instant.js';
import { PURCHASE, PURCHASE_ENDINGS } from '../core/net-purchases.js';
import { query, type Transaction } from '../platform/database.js';
import { firstUlidAt } from './ulid.js';

/** Which decisions a report is about. */
export interface ReportSpan {
  journey: string;
  branchPoint: string;
  /** Asked from this instant on, and before the other. */
  from: Instant;
  to: Instant;
  /** What comes within it after a decision counts as following it. */
  window: Milliseconds;
  now: Instant;
}

/**
 * From when on what people do counts: since their branch was told, for those of whom it was; or since they asked, whether or
 * not they wait, which is the same for everybody, and so the only way to hold those who may have to wait against those who never do.
 */
export type Since = 'told' | 'asked';

/** Who took a branch. */
export interface Taken {
  /** Empty for those who wait. */
  branch: string;
  /** The branch whose rule was true, of whichever the arm `branch` is one. */
  matched: string | null;
  profiles: number;
  /** Of them, those whose window is not over. */
  inWindow: number;
}

/** All of a branch point's decisions in the span, answered or not. */
export interface Asked {
  decisions: ReadonlyMap<string, number>;
  open: number;
  /** About people whom nobody knew. */
  unknown: number;
  versions: number[];
}

/** Somebody who bought within the window after a decision, with what tells what is left of it. */
export interface Follower {
  branch: string;
  /** Purchases in the window, and all that undoes purchases, in order of time. */
  events: HistoryEvent[];
}

const ROWS_AT_ONCE = 1_000;

/**
 * What became of people after their first decision at a branch point in a span. Whoever is kept waiting has none yet. To be
 * asked in one snapshot.
 */
@Injectable()
export class ReportQuery {
  async taken(tx: Transaction, span: ReportSpan, since: Since): Promise<Taken[]> {
    const rows = await query<{ branch: string; matched: string | null; profiles: string; in_window: string }>(
      tx,
      `WITH ${FIRST[since]}
       SELECT branch, matched, count(*) AS profiles,
              count(*) FILTER (WHERE since > $5::timestamptz - make_interval(secs => $6)) AS in_window
         FROM first GROUP BY branch, matched ORDER BY branch, matched`,
      parametersOf(span),
    );
    return rows.map(({ branch, matched, profiles, in_window: inWindow }) => ({
      branch,
      matched,
      profiles: Number(profiles),
      inWindow: Number(inWindow),
    }));
  }

  async asked(tx: Transaction, span: ReportSpan): Promise<Asked> {
    const rows = await query<{ branch: string | null; version: number; known: string; unknown: string }>(
      tx,
      `SELECT branch, journey_version AS version, count(profile_id) AS known,
              count(*) FILTER (WHERE profile_id IS NULL) AS unknown
         FROM decisions WHERE ${IN_SPAN} GROUP BY branch, journey_version`,
      parametersOf(span).slice(0, 4),
    );
    const decisions = new Map<string, number>();
    const asked = {
      decisions,
      open: 0,
      unknown: 0,
      versions: [...new Set(rows.map((row) => row.version))].sort((a, b) => a - b),
    };
    for (const { branch, known, unknown } of rows) {
      asked.unknown += Number(unknown);
      if (branch === null) asked.open += Number(known);
      else decisions.set(branch, (decisions.get(branch) ?? 0) + Number(known));
    }
    return asked;
  }

  /** Through a cursor: no more than some of them are ever in memory. */
  async *followers(tx: Transaction, span: ReportSpan, since: Since): AsyncGenerator<Follower> {
    await query(tx, `DECLARE followers NO SCROLL CURSOR FOR WITH ${FIRST[since]} ${FOLLOWERS}`, [
      ...parametersOf(span),
      PURCHASE,
      PURCHASE_ENDINGS,
    ]);
    let count = ROWS_AT_ONCE;
    while (count === ROWS_AT_ONCE) {
      const rows = await query<{ branch: string; events: HistoryEvent[] }>(tx, `FETCH ${ROWS_AT_ONCE} FROM followers`);
      yield* rows;
      count = rows.length;
    }
    await query(tx, 'CLOSE followers');
  }
}

function parametersOf({ journey, branchPoint, from, to, now, window }: ReportSpan): unknown[] {
  return [journey, branchPoint, firstUlidAt(from), firstUlidAt(to), new Date(now), window / 1_000];
}

/** Ids are in order of the instant asked, so that spans of time are spans of ids. */
const IN_SPAN = `journey_key = $1 AND branch_point = $2 AND id >= $3 AND id < $4`;

/** Each profile's first decision of the span; of those that were told, or of all. */
const FIRST: Readonly<Record<Since, string>> = {
  told: firstOf('branch, matched, as_of', 'AND branch IS NOT NULL'),
  asked: firstOf("coalesce(branch, ''), matched, asked_at", ''),
};

function firstOf(columns: string, condition: string): string {
  return `
  first (lane, profile_id, branch, matched, since) AS (
    SELECT DISTINCT ON (lane, profile_id) lane, profile_id, ${columns} FROM decisions
     WHERE ${IN_SPAN} AND profile_id IS NOT NULL ${condition}
     ORDER BY lane, profile_id, id
  )`;
}

/** A decision knows what happened until its instant: what follows it comes after that, and before the window ends. */
const FOLLOWERS = `
  SELECT branch, followed.events FROM first CROSS JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object(
             'id', id, 'name', name, 'properties', properties,
             'occurredAt', round(extract(epoch FROM occurred_at) * 1000)) ORDER BY occurred_at, id) AS events,
           bool_or(name = $7) AS has_bought
      FROM events
     WHERE events.lane = first.lane AND events.profile_id = first.profile_id AND occurred_at <= $5
       AND (name = ANY($8::text[])
            OR name = $7 AND occurred_at > since AND occurred_at < since + make_interval(secs => $6))
  ) AS followed
  WHERE has_bought`;
