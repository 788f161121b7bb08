import type { Instant } from '../core/instant.js';
import { query, type Transaction } from '../platform/database.js';

/** What the newest finished comparison of a segment at a destination found. */
export interface Drift {
  destination: string;
  segment: string;
  missing: number;
  extra: number;
  ageSeconds: number;
}

export async function drift(tx: Transaction, at: Instant): Promise<Drift[]> {
  return query<Drift>(
    tx,
    `SELECT DISTINCT ON (destination, external_segment_id) destination, external_segment_id AS segment,
            coalesce(missing, 0) AS missing, coalesce(extra, 0) AS extra,
            extract(epoch FROM $1 - finished_at)::float8 AS "ageSeconds"
       FROM reconciliations WHERE finished_at IS NOT NULL AND problem IS NULL
      ORDER BY destination, external_segment_id, requested_at DESC`,
    [new Date(at)],
  );
}

/** Families of endpoints to which nothing is let through, because too many requests to them failed. */
export async function shutGates(tx: Transaction, at: Instant): Promise<{ destination: string; isShut: boolean }[]> {
  return query<{ destination: string; isShut: boolean }>(
    tx,
    `SELECT destination, coalesce(bool_or(open_until > $1), false) AS "isShut" FROM destination_gates GROUP BY destination`,
    [new Date(at)],
  );
}
