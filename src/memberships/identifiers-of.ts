import { query, type Transaction } from '../platform/database.js';

/** What leads to some profiles, as kind → value, by profile; of several of a kind the newest. */
export async function identifiersOf(
  tx: Transaction,
  profileIds: readonly (number | string)[],
): Promise<Map<string, Record<string, string>>> {
  const rows = await query<{ id: string; identifiers: Record<string, string> }>(
    tx,
    `SELECT profile_id AS id, jsonb_object_agg(kind, value ORDER BY created_at, value) AS identifiers FROM identifiers
      WHERE profile_id = ANY($1::bigint[]) GROUP BY profile_id`,
    [profileIds],
  );
  return new Map(rows.map((row) => [row.id, row.identifiers]));
}
