import type { Instant } from '../core/instant.js';
import { query, type Transaction } from '../platform/database.js';

/** What the newest comparison of a segment at a destination found that came to an end. */
export interface Drift {
  destination: string;
  segment: string;
  /** Null where none has. */
  missing: number | null;
  extra: number | null;
  /** Since it ended; where none has, since the first was asked for. */
  ageSeconds: number;
  /** Why, with what is still to be sent and who is only known there; null of earlier releases. */
  causes: readonly { side: string; cause: string; profiles: number }[] | null;
}

/** Of the segments that rules in force own there, and that have been asked about: what was once pushed is nobody's any more. */
export async function drift(tx: Transaction, at: Instant): Promise<Drift[]> {
  return query<Drift>(
    tx,
    `SELECT own ->> 'destination' AS destination, own ->> 'segmentId' AS segment, missing, extra, causes,
            extract(epoch FROM $1 - coalesce(finished_at, asked_at))::float8 AS "ageSeconds"
       FROM segments JOIN segment_versions AS said ON said.segment_id = id AND said.version = published_version,
            jsonb_array_elements(push) AS own
      CROSS JOIN LATERAL (SELECT min(requested_at) AS asked_at FROM reconciliations
                           WHERE destination = own ->> 'destination' AND external_segment_id = own ->> 'segmentId') AS first
       LEFT JOIN LATERAL (SELECT missing, extra, causes, finished_at FROM reconciliations
                           WHERE destination = own ->> 'destination' AND external_segment_id = own ->> 'segmentId'
                             AND finished_at IS NOT NULL AND problem IS NULL
                           ORDER BY requested_at DESC LIMIT 1) AS newest ON true
      WHERE asked_at IS NOT NULL ORDER BY 1, 2`,
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
