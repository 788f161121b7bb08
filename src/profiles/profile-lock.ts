import { query, type Transaction } from '../platform/database.js';
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
