import { query, type Transaction } from '../platform/database.js';
import type { Cleaning } from './cleaning.js';

const MOST_REMOVED = 5_000;

/** Nothing waits for it any more: no event, and no alias of a customer's former id. */
const IS_FOR_NOTHING = `profile_id IS NULL
  AND NOT EXISTS (SELECT FROM waiting_events AS waiting
                   WHERE (waiting.lane, waiting.kind, waiting.value) = (awaited.lane, awaited.kind, awaited.value))
  AND NOT (awaited.kind = 'customer_id' AND EXISTS (SELECT FROM awaited_aliases AS alias
                   WHERE (alias.lane, alias.value) = (awaited.lane, awaited.value)))`;

/**
 * Former ids that no customer came to have, and identifiers that nothing waits for any more; in lane 0, there being few. What
 * somebody holds just now is left to the next pass: whoever brings events never waits for this.
 */
export const cleanAwaitedIdentifiers: Cleaning = {
  kind: 'awaited_identifiers',
  async step(tx, { after }, { events: horizon }) {
    const aliases = await query(
      tx,
      `DELETE FROM awaited_aliases WHERE (lane, value, owner_kind, owner_value) IN (
         SELECT lane, value, owner_kind, owner_value FROM awaited_aliases WHERE noted_at <= $1
          LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING lane`,
      [new Date(horizon), MOST_REMOVED],
    );
    const identifiers = await removeIdentifiers(tx, new Date(horizon));
    const isDone = aliases.length < MOST_REMOVED && identifiers < MOST_REMOVED;
    return { removed: aliases.length + identifiers, after: isDone ? null : after };
  },
};

/** In two statements: what was put under an identifier before this one held it is seen by the second alone. */
async function removeIdentifiers(tx: Transaction, horizon: Date): Promise<number> {
  const held = await query<{ lane: number; kind: string; value: string }>(
    tx,
    `SELECT lane, kind, value FROM identifiers AS awaited
      WHERE created_at <= $1 AND ${IS_FOR_NOTHING} LIMIT $2 FOR UPDATE SKIP LOCKED`,
    [horizon, MOST_REMOVED],
  );
  if (held.length === 0) return 0;
  await query(
    tx,
    `DELETE FROM identifiers AS awaited
      WHERE (lane, kind, value) IN (SELECT * FROM unnest($1::smallint[], $2::text[], $3::text[])) AND ${IS_FOR_NOTHING}`,
    [held.map((one) => one.lane), held.map((one) => one.kind), held.map((one) => one.value)],
  );
  return held.length;
}
