import type { Instant } from '../core/instant.js';
import { instantArray, plainArray } from '../platform/array-parameters.js';
import { prepared, preparedRows, type Transaction } from '../platform/database.js';
import { laneOfProfile } from '../platform/lanes.js';
import type { DueProfile } from './due-profile.js';
import { ProfileOvertaken } from './profile-lock.js';

/** What is new about a profile: when the first of it happened, and whether reports on links rest on it. */
export interface ProfileNews {
  firstAt: Instant;
  isReported: boolean;
}

type HeldRow = [
  id: number,
  evaluateAt: Instant | null,
  evaluatedAt: Instant | null,
  evaluatedSeq: number,
  evaluatedRevision: number,
];

/**
 * Locks profiles in order of their keys, and tells when they are due by what is new: when that happened, never before their
 * last evaluation. Those that were `made` in this transaction nobody else can know. Nothing is written: that is left to the
 * evaluation, or to {@link leaveDue}. Throws {@link ProfileOvertaken} where one was merged into another since its identifiers
 * were looked up.
 */
export async function holdDue(
  tx: Transaction,
  news: ReadonlyMap<number, ProfileNews>,
  made: ReadonlySet<number>,
): Promise<DueProfile[]> {
  const known = [...news.keys()].filter((id) => !made.has(id));
  const rows = known.length === 0 ? [] : await hold(tx, known);
  if (rows.length < known.length) throw new ProfileOvertaken();
  const held = new Map(rows.map((row) => [row[0], row]));
  return [...news].map(([id, { firstAt, isReported }]) => {
    const [, evaluateAt, evaluatedAt, evaluatedSeq, evaluatedRevision] = held.get(id) ?? [id, null, null, 0, 0];
    const dueAt = Math.min(evaluateAt ?? Infinity, Math.max(firstAt, evaluatedAt ?? -Infinity));
    return { lane: laneOfProfile(id), id, dueAt, evaluatedAt, evaluatedSeq, evaluatedRevision, isReported };
  });
}

function hold(tx: Transaction, ids: readonly number[]): Promise<HeldRow[]> {
  return preparedRows<HeldRow>(
    tx,
    'hold_profiles',
    // One by one by their keys: joined in one go, all profiles may be read.
    `SELECT held.* FROM (SELECT * FROM unnest($1::smallint[], $2::bigint[]) AS keys (l, p) ORDER BY l, p) AS wanted,
            LATERAL (SELECT id, evaluate_at, evaluated_at, evaluated_seq, evaluated_revision FROM profiles
                      WHERE lane = l AND id = p AND ended_at IS NULL LIMIT 1 FOR NO KEY UPDATE) AS held`,
    [plainArray(ids.map(laneOfProfile)), plainArray(ids)],
  );
}

/** Leaves profiles that the transaction holds due, for a sweep to evaluate; writes those down that are new. */
export async function leaveDue(tx: Transaction, profiles: readonly DueProfile[]): Promise<void> {
  if (profiles.length === 0) return;
  await prepared(
    tx,
    'leave_due',
    `INSERT INTO profiles AS known (lane, id, created_at, evaluate_at, is_link_report_due)
     SELECT lane, id, turnout_now(), due_at, is_reported
       FROM unnest($1::smallint[], $2::bigint[], $3::timestamptz[], $4::boolean[]) AS new (lane, id, due_at, is_reported)
     ON CONFLICT (lane, id) DO UPDATE
        SET evaluate_at = least(known.evaluate_at, greatest(excluded.evaluate_at, known.evaluated_at)),
            is_link_report_due = known.is_link_report_due OR excluded.is_link_report_due`,
    [
      plainArray(profiles.map((one) => one.lane)),
      plainArray(profiles.map((one) => one.id)),
      instantArray(profiles.map((one) => one.dueAt)),
      plainArray(profiles.map((one) => one.isReported)),
    ],
  );
}
