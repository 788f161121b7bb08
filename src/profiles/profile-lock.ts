import { plainArray } from '../platform/array-parameters.js';
import { prepared, query, type Transaction } from '../platform/database.js';
import { laneOfProfile } from '../platform/lanes.js';

/**
 * A profile that was to be written to has become part of another meanwhile, or is known by more than before, so that
 * identifiers may lead elsewhere now. The whole transaction is worth repeating, as the code says, which is that of PostgreSQL for a failed serialisation.
 */
export class ProfileOvertaken extends Error {
  override readonly name = 'ProfileOvertaken';
  readonly code = '40001';

  constructor() {
    super('A profile was changed by another transaction while this one was about to write to it.');
  }
}

/**
 * Locks profiles that exist, in the one order in which everybody does, lane by lane: two transactions never wait for each
 * other in a circle. Throws {@link ProfileOvertaken}.
 */
export async function lockProfiles(tx: Transaction, profileIds: Iterable<number>): Promise<void> {
  const byLane = new Map<number, number[]>();
  for (const id of new Set(profileIds)) {
    const lane = laneOfProfile(id);
    byLane.set(lane, [...(byLane.get(lane) ?? []), id]);
  }
  for (const [lane, ids] of [...byLane].sort(([a], [b]) => a - b)) {
    const rows = await query<{ is_ended: boolean }>(
      tx,
      `SELECT ended_at IS NOT NULL AS is_ended FROM profiles
        WHERE lane = $1 AND id = ANY($2::bigint[]) ORDER BY id FOR UPDATE`,
      [lane, ids],
    );
    if (rows.some((row) => row.is_ended)) throw new ProfileOvertaken();
  }
}

/**
 * What profiles are by now, and stay until the transaction ends: themselves, or the ones that they became part of. Those
 * that were erased are left out.
 */
export async function holdLiving(tx: Transaction, profileIds: Iterable<number>): Promise<Map<number, number>> {
  const ids = [...new Set(profileIds)];
  const living = new Map<number, number>();
  if (ids.length === 0) return living;
  const rows = await prepared<{ id: string; is_ended: boolean; merged_into: string | null }>(
    tx,
    'hold_living',
    // One by one by their keys: joined in one go, all profiles would be read.
    `SELECT held.* FROM (SELECT * FROM unnest($1::smallint[], $2::bigint[]) AS keys (l, p) ORDER BY l, p) AS wanted,
            LATERAL (SELECT id, ended_at IS NOT NULL AS is_ended, merged_into FROM profiles
                      WHERE lane = l AND id = p LIMIT 1 FOR KEY SHARE) AS held`,
    [plainArray(ids.map(laneOfProfile)), plainArray(ids)],
  );
  const others = rows.flatMap((row) => (row.merged_into === null ? [] : [Number(row.merged_into)]));
  const further = await holdLiving(tx, others);
  for (const row of rows) {
    const now = row.is_ended ? further.get(Number(row.merged_into)) : Number(row.id);
    if (now !== undefined) living.set(Number(row.id), now);
  }
  return living;
}
