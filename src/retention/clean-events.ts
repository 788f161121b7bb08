import { IDENTIFY } from '../core/history-event.js';
import { PURCHASE, PURCHASE_ENDINGS } from '../core/net-purchases.js';
import type { Instant } from '../core/instant.js';
import { query, type Transaction } from '../platform/database.js';
import type { Cleaning } from './cleaning.js';

const PROFILES_A_STEP = 500;
const MOST_REMOVED = 5_000;

/**
 * Events that count no more. What was last said of each attribute stays, however long ago, and so does what ends a purchase
 * that is still kept (it may be dated before it). Profiles that are due wait for their evaluation: it may have to look at
 * instants at which these events still counted.
 */
export const cleanEvents: Cleaning = {
  kind: 'events',
  async step(tx, { lane, after }, { now, events: horizon }) {
    const profiles = await query<{ id: string }>(
      tx,
      `SELECT id FROM profiles WHERE lane = $1 AND id > $2 AND ${isNotDue('$3')}
        ORDER BY id LIMIT $4`,
      [lane, after === '' ? 0 : after, new Date(now), PROFILES_A_STEP],
    );
    const outdated = await locked(tx, { lane, ids: profiles.map((row) => row.id), horizon, now });
    const [step] = await query<{ removed: string }>(
      tx,
      `WITH removed AS (
       DELETE FROM events WHERE (lane, profile_id, occurred_at, id) IN (
         SELECT lane, profile_id, occurred_at, id FROM events AS past
          WHERE lane = $1 AND profile_id = ANY($2::bigint[]) AND occurred_at <= $3
            AND NOT (name = $4 AND EXISTS (
                  SELECT FROM jsonb_object_keys(past.properties) AS said (attribute)
                   WHERE NOT EXISTS (
                     SELECT FROM events AS later
                      WHERE later.lane = $1 AND later.profile_id = past.profile_id AND later.name = $4
                        AND later.occurred_at <= $3 AND (later.occurred_at, later.id) > (past.occurred_at, past.id)
                        AND later.properties ? said.attribute)))
            AND NOT (name = ANY($5::text[]) AND EXISTS (
                  SELECT FROM events AS bought
                   WHERE bought.lane = $1 AND bought.profile_id = past.profile_id AND bought.name = $6
                     AND bought.occurred_at > $3
                     AND bought.properties ->> 'order_id' IS NOT DISTINCT FROM past.properties ->> 'order_id'))
          LIMIT $7)
       RETURNING profile_id
       ), uncounted AS (
         UPDATE profiles SET is_link_report_due = true WHERE lane = $1 AND id IN (SELECT profile_id FROM removed)
       )
       SELECT count(*) AS removed FROM removed`,
      [lane, outdated, new Date(horizon), IDENTIFY, PURCHASE_ENDINGS, PURCHASE, MOST_REMOVED],
    );
    const removed = Number(step!.removed);
    if (removed === MOST_REMOVED) return { removed, after };
    const isDone = profiles.length < PROFILES_A_STEP;
    return { removed, after: isDone ? null : profiles.at(-1)!.id };
  },
};

const isNotDue = (now: string): string => `(evaluate_at IS NULL OR evaluate_at > ${now})`;

/**
 * Those of some profiles that have events from before the horizon, locked in order before these are touched, as everybody does
 * it; but for who has become due meanwhile.
 */
async function locked(
  tx: Transaction,
  { lane, ids, horizon, now }: { lane: number; ids: readonly string[]; horizon: Instant; now: Instant },
): Promise<string[]> {
  const rows = await query<{ id: string }>(
    tx,
    `SELECT id FROM profiles WHERE lane = $1 AND id = ANY($2::bigint[]) AND ${isNotDue('$4')} AND EXISTS (
       SELECT FROM events WHERE events.lane = $1 AND profile_id = profiles.id AND occurred_at <= $3)
      ORDER BY id FOR UPDATE`,
    [lane, ids, new Date(horizon), new Date(now)],
  );
  return rows.map((row) => row.id);
}
