import type { Instant } from '../core/instant.js';
import { plainArray, textArray } from '../platform/array-parameters.js';
import { prepared, type Transaction } from '../platform/database.js';
import { laneOfProfile, laneOfText } from '../platform/lanes.js';
import { identifierKey, type Identifier, type IdentifierKind } from './identifier.js';

/** A row of `identifiers`: to whom it leads; null: it is awaited. */
export interface BindingRow {
  kind: IdentifierKind;
  value: string;
  profile_id: string | null;
}

interface WrittenRow extends Identifier {
  was_awaited: boolean;
}

/**
 * In order of key, so that concurrent transactions never wait for each other in a circle. Returns the rows written, and
 * which of them were awaited, perhaps only since they were looked up.
 */
export async function writeBindings(
  tx: Transaction,
  entries: readonly { identifier: Identifier; profileId: number | null }[],
  at: Instant,
): Promise<WrittenRow[]> {
  return prepared<WrittenRow>(
    tx,
    'bind_identifiers',
    `INSERT INTO identifiers AS known (lane, kind, value, profile_lane, profile_id, created_at)
     SELECT *, $6::timestamptz FROM unnest($1::smallint[], $2::text[], $3::text[], $4::smallint[], $5::bigint[])
         AS new (lane, kind, value, profile_lane, profile_id)
      ORDER BY lane, kind, value
     ON CONFLICT (lane, kind, value) DO UPDATE
        SET profile_lane = excluded.profile_lane, profile_id = excluded.profile_id
      WHERE known.profile_id IS NULL AND excluded.profile_id IS NOT NULL
     RETURNING kind, value, xmax <> 0 AS was_awaited`,
    [
      ...columnsOf(entries.map((entry) => entry.identifier)),
      plainArray(entries.map((entry) => (entry.profileId === null ? null : laneOfProfile(entry.profileId)))),
      plainArray(entries.map((entry) => entry.profileId)),
      new Date(at),
    ],
  );
}

export function distinctOf(identifiers: readonly Identifier[]): Identifier[] {
  return [...new Map(identifiers.map((one) => [identifierKey(one), one])).values()];
}

/** Lanes, kinds and values, as three arrays for `unnest`. */
export function columnsOf(identifiers: readonly Identifier[]): [string, string, string] {
  return [
    plainArray(identifiers.map((one) => laneOfText(identifierKey(one)))),
    plainArray(identifiers.map((one) => one.kind)),
    textArray(identifiers.map((one) => one.value)),
  ];
}
