import type { Instant } from '../core/instant.js';
import { query, type Transaction } from '../platform/database.js';

/** What the newest finished comparison of a segment at a destination found. */
export interface Drift {
  destination: string;
  segment: string;
  missing: number;
  extra: number;
  ageSeconds: number;
  /** Why, with what is still to be sent and who is only known there; null of earlier releases. */
  causes: readonly { side: string; cause: string; profiles: number }[] | null;
}

export async function drift(tx: Transaction, at: Instant): Promise<Drift[]> {
  return query<Drift>(
    tx,
    `SELECT DISTINCT ON (destination, external_segment_id) destination, external_segment_id AS segment,
            coalesce(missing, 0) AS missing, coalesce(extra, 0) AS extra, causes,
            extract(epoch FROM $1 - finished_at)::float8 AS "ageSeconds"
       FROM reconciliations WHERE finished_at IS NOT NULL AND problem IS NULL
      ORDER BY destination, external_segment_id, requested_at DESC`,
    [new Date(at)],
  );
}

/** Segments in force that destinations could not be made to hold yet: `pending`, or `failed`, which needs a person. */
export async function segmentsNotReady(
  tx: Transaction,
): Promise<{ destination: string; state: string; segments: number }[]> {
  return query<{ destination: string; state: string; segments: number }>(
    tx,
    `SELECT destination, state, count(*)::integer AS segments
       FROM segments JOIN segment_versions AS said ON said.segment_id = id AND said.version = published_version,
            jsonb_array_elements(push) AS own
       JOIN provisioned_segments AS made
         ON made.destination = own ->> 'destination' AND made.segment_id = own ->> 'segmentId'
      WHERE state <> 'ready' GROUP BY destination, state`,
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
