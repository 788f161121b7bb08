import { Injectable } from '@nestjs/common';
import { lockOutbox } from '../outbox/lock-outbox.js';
import { query, type Transaction } from '../platform/database.js';

/** A message that only a person can help. */
export interface FailedMessage {
  id: string;
  destination: string;
  subject: string;
  profileId: string;
  reason: string;
  attempts: number;
  failedAt: Date;
}

/** Messages that failed for the same reason. */
export interface FailedGroup {
  destination: string;
  reason: string;
  count: number;
  /** Our segments that they are about. */
  segments: string[];
  firstAt: Date;
  lastAt: Date;
  /** Ids of the newest. */
  samples: string[];
}

/** Which messages are meant; of what is left out, any. */
export interface FailedFilter {
  id?: string;
  destination?: string;
  reason?: string;
  /** The key of a segment of ours. */
  segment?: string;
  from?: Date;
  to?: Date;
}

const SAMPLES = 3;

/** What destinations refused for good. */
@Injectable()
export class DeadLetterStore {
  /** Newest first. */
  async list(tx: Transaction, filter: FailedFilter, most: number): Promise<FailedMessage[]> {
    return query<FailedMessage>(
      tx,
      `SELECT ${MESSAGE_ID} AS id, destination, subject, profile_id AS "profileId", failure AS reason, attempts,
              failed_at AS "failedAt"
         FROM outbox WHERE ${MATCHES} ORDER BY failed_at DESC, lane, profile_id, subject LIMIT $7`,
      [...parametersOf(filter), most],
    );
  }

  /** The largest first. */
  async groups(tx: Transaction, filter: FailedFilter, most: number): Promise<FailedGroup[]> {
    return query<FailedGroup>(
      tx,
      `SELECT outbox.destination, failure AS reason, count(*)::integer AS count, min(failed_at) AS "firstAt",
              max(failed_at) AS "lastAt",
              coalesce(array_agg(DISTINCT key ORDER BY key) FILTER (WHERE key IS NOT NULL), '{}') AS segments,
              (array_agg(${MESSAGE_ID} ORDER BY failed_at DESC, lane, profile_id))[:${SAMPLES}] AS samples
         FROM outbox LEFT JOIN (${PUSHES}) AS pushes ON pushes.destination = outbox.destination AND pushes.subject = outbox.subject
        WHERE ${MATCHES} GROUP BY outbox.destination, failure ORDER BY count(*) DESC, outbox.destination, failure LIMIT $7`,
      [...parametersOf(filter), most],
    );
  }

  /** Makes failed messages due again, as if for the first time. Returns how many. */
  async requeue(tx: Transaction, filter: FailedFilter): Promise<number> {
    await lockOutbox(tx, MATCHES, parametersOf(filter));
    const [row] = await query<{ count: number }>(
      tx,
      `WITH requeued AS (
         UPDATE outbox SET due_at = turnout_now(), failed_at = NULL, failure = NULL, attempts = 0, priority = 1
          WHERE ${MATCHES} RETURNING lane
       )
       SELECT count(*)::integer AS count FROM requeued`,
      parametersOf(filter),
    );
    return row!.count;
  }

  /**
   * Gives failed messages up for good. The row of a membership stays, without knowing what the destination holds: a newer state
   * is sent as ever, and a comparison finds what is missing. Returns how many.
   */
  async discard(tx: Transaction, filter: FailedFilter): Promise<number> {
    await lockOutbox(tx, MATCHES, parametersOf(filter));
    const [row] = await query<{ count: number }>(
      tx,
      `WITH forgotten AS (DELETE FROM outbox WHERE ${MATCHES} AND ${IS_TOLD_ONCE} RETURNING lane),
            settled AS (UPDATE outbox SET failed_at = NULL, failure = NULL, attempts = 0
                         WHERE ${MATCHES} AND NOT ${IS_TOLD_ONCE} RETURNING lane)
       SELECT ((SELECT count(*) FROM forgotten) + (SELECT count(*) FROM settled))::integer AS count`,
      parametersOf(filter),
    );
    return row!.count;
  }
}

const IS_TOLD_ONCE = `payload ->> 'kind' <> 'membership'`;

/** A failed message's public id. */
const MESSAGE_ID = `outbox.profile_id || '.' || outbox.destination || '.' || outbox.subject`;

/** Where our segments are pushed. */
const PUSHES = `SELECT key, own ->> 'destination' AS destination, 'segment:' || (own ->> 'segmentId') AS subject
  FROM segments JOIN segment_versions ON segment_id = segments.id AND version = published_version,
       jsonb_array_elements(push) AS own`;

const MATCHES = `failed_at IS NOT NULL AND ($1::text IS NULL OR ${MESSAGE_ID} = $1)
  AND ($2::text IS NULL OR outbox.destination = $2) AND ($3::text IS NULL OR failure = $3)
  AND ($4::text IS NULL OR (outbox.destination, outbox.subject) IN (SELECT destination, subject FROM (${PUSHES}) AS own WHERE key = $4))
  AND ($5::timestamptz IS NULL OR failed_at >= $5) AND ($6::timestamptz IS NULL OR failed_at < $6)`;

function parametersOf({ id, destination, reason, segment, from, to }: FailedFilter): unknown[] {
  return [id, destination, reason, segment, from, to].map((value) => value ?? null);
}
