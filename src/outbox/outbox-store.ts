import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { Milliseconds } from '../core/instant.js';
import { now } from '../platform/clock.js';
import { prepared, query, type Transaction } from '../platform/database.js';
import { LANES } from '../platform/lanes.js';
import { PRIORITIES, UNHURRIED, URGENT } from '../platform/queues.js';
import type { Address, OutboxMessage, OutboxPayload } from './outbox-message.js';

/** A message taken for sending: nobody else sends about the same profile and subject until it is settled or the lease ends. */
export interface ClaimedMessage extends OutboxMessage {
  claim: string;
  version: number;
  /** Sends that went before, without success. */
  attempts: number;
  payload: OutboxPayload;
  /** Others under whom the destination may still know the profile: they leave before the state is stated. */
  leaving: readonly Address[];
}

/** What came of a claimed message. */
export type Settlement =
  { kind: 'accepted' } | { kind: 'retry'; reason: string; afterMs: Milliseconds } | { kind: 'failed'; reason: string };

/** Where something is due, and how urgent it is. */
export interface DueLane {
  lane: number;
  priority: number;
}

interface OutboxKey {
  lane: number;
  profileId: number;
  destination: string;
  subject: string;
}

/**
 * What destinations are owed. Append in the transaction of the change; claim, send and settle in three steps, so that
 * nothing is sent inside a transaction. Of each subject only the latest state is ever sent.
 */
@Injectable()
export class OutboxStore {
  /**
   * Owes the latest state of each message's subject; what was still unsent about it is replaced, and nothing is owed where
   * the destination is known to hold that state already.
   */
  async append(tx: Transaction, messages: readonly OutboxMessage[]): Promise<void> {
    if (messages.length === 0) return;
    const latest = [
      ...new Map(messages.map((one) => [JSON.stringify([one.profileId, one.destination, one.subject]), one])).values(),
    ];
    await prepared(
      tx,
      'append_outbox',
      `INSERT INTO outbox AS known (lane, profile_id, destination, subject, version, payload, due_at, priority, holds,
         traceparent)
       SELECT lane, profile_id, destination, subject, 1, payload,
              CASE WHEN wanted IS DISTINCT FROM false THEN greatest(turnout_now(), not_before) END,
              priority, CASE WHEN wanted IS NOT NULL THEN false END, traceparent
         FROM unnest($1::smallint[], $2::bigint[], $3::text[], $4::text[], $5::jsonb[], $6::timestamptz[], $7::smallint[],
                     $8::text[])
           AS new (lane, profile_id, destination, subject, payload, not_before, priority, traceparent),
              LATERAL (SELECT (payload ->> 'isMember')::boolean AS wanted) AS state
        ORDER BY lane, profile_id, destination, subject
       ON CONFLICT (lane, profile_id, destination, subject) DO UPDATE
          SET version = known.version + 1, payload = excluded.payload, traceparent = excluded.traceparent,
              due_at = CASE WHEN known.leaving IS NOT NULL
                            THEN greatest(known.due_at, coalesce(excluded.due_at, turnout_now()))
                            WHEN known.claim IS NULL AND known.holds = (excluded.payload ->> 'isMember')::boolean THEN NULL
                            ELSE coalesce(excluded.due_at, turnout_now()) END,
              priority = CASE WHEN known.due_at IS NULL THEN excluded.priority
                              ELSE least(known.priority, excluded.priority) END,
              attempts = 0, failed_at = NULL, failure = NULL`,
      [
        ...keyColumns(latest),
        latest.map((one) => JSON.stringify(one.payload)),
        latest.map((one) => (one.notBefore === undefined ? null : new Date(one.notBefore))),
        latest.map((one) => (one.isBackfill ? UNHURRIED : URGENT)),
        latest.map((one) => one.traceparent ?? null),
      ],
    );
  }

  /** Lanes in which something is due for a destination, by priority: those first that have something of the first. */
  async dueLanes(tx: Transaction, destination: string, priorities: readonly number[] = PRIORITIES): Promise<DueLane[]> {
    return query<DueLane>(
      tx,
      `SELECT lane::integer AS lane, priority::integer AS priority
         FROM (SELECT turnout_now() AS now OFFSET 0) AS clock,
              unnest($2::smallint[]) AS priorities (priority), generate_series(0, $3 - 1) AS lanes (lane)
        WHERE EXISTS (SELECT FROM outbox
                       WHERE outbox.lane = lanes.lane AND destination = $1 AND outbox.priority = priorities.priority
                         AND due_at <= clock.now AND (claimed_until IS NULL OR claimed_until <= clock.now))
        ORDER BY priority, lane`,
      [destination, priorities, LANES],
    );
  }

  /** Takes up to `most` due messages of a lane and priority, oldest first, for `leaseMs`. */
  async claim(
    tx: Transaction,
    what: DueLane & { destination: string; most: number; leaseMs: Milliseconds },
  ): Promise<ClaimedMessage[]> {
    const claim = randomUUID();
    const rows = await query<ClaimRow>(
      tx,
      `WITH clock AS MATERIALIZED (SELECT turnout_now() AS now), due AS MATERIALIZED (
         SELECT ctid FROM outbox
          WHERE lane = $1 AND destination = $2 AND priority = $6 AND due_at <= (SELECT now FROM clock)
            AND (claimed_until IS NULL OR claimed_until <= (SELECT now FROM clock))
          ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
       )
       UPDATE outbox SET claim = $4, claimed_until = clock.now + $5 * interval '1 ms', claimed_version = version,
              -- What became of the send of whoever lost the claim, nobody knows.
              holds = CASE WHEN claim IS NULL THEN holds END
         FROM clock
        -- By their place: by their keys the whole lane would be read.
        WHERE outbox.lane = $1 AND outbox.ctid = ANY (ARRAY(SELECT ctid FROM due))
       RETURNING outbox.profile_id, outbox.subject, version, attempts, payload, leaving, traceparent`,
      [what.lane, what.destination, what.most, claim, what.leaseMs, what.priority],
    );
    return rows.sort(byKey).map((row) => ({
      lane: what.lane,
      destination: what.destination,
      profileId: Number(row.profile_id),
      subject: row.subject,
      claim,
      version: row.version,
      attempts: row.attempts,
      payload: row.payload,
      leaving: row.leaving ?? [],
      ...(row.traceparent !== null && { traceparent: row.traceparent }),
    }));
  }

  /**
   * Notes what came of claimed messages of one lane. A claim that was lost meanwhile (its lease ended) is left to its new
   * holder; a state that was replaced while it was sent stays due.
   */
  async settle(tx: Transaction, settled: readonly { message: ClaimedMessage; outcome: Settlement }[]): Promise<void> {
    if (settled.length === 0) return;
    await this.lock(
      tx,
      settled.map((one) => one.message),
    );
    const at = await now(tx);
    await query(
      tx,
      `UPDATE outbox SET
          claim = NULL, claimed_until = NULL, claimed_version = NULL,
          accepted_version = CASE WHEN outcome = 'accepted' THEN claimed_version ELSE accepted_version END,
          attempts = CASE WHEN outcome = 'accepted' OR version > claimed_version THEN 0 ELSE attempts + 1 END,
          holds = now_holds,
          settled_at = CASE WHEN outcome = 'accepted' THEN $9::timestamptz ELSE settled_at END,
          leaving = CASE WHEN outcome <> 'accepted' OR version > claimed_version THEN leaving END,
          due_at = CASE WHEN (payload ->> 'isMember')::boolean = now_holds
                             AND (leaving IS NULL OR version = claimed_version) THEN NULL
                        WHEN version > claimed_version THEN due_at WHEN outcome = 'retry' THEN retry_at END,
          failed_at = CASE WHEN outcome = 'failed' AND version = claimed_version THEN $9::timestamptz END,
          failure = CASE WHEN version = claimed_version THEN reason END
         FROM unnest($1::smallint[], $2::bigint[], $3::text[], $4::text[], $5::uuid[], $6::text[], $7::text[],
                     $8::timestamptz[], $10::boolean[])
           AS result (r_lane, r_profile, r_destination, r_subject, r_claim, outcome, reason, retry_at, now_holds),
              -- One by one by their keys, and then by their place: joined in one go, the whole lane or table would be read.
              LATERAL (SELECT ctid AS place FROM outbox AS own
                        WHERE own.lane = r_lane AND own.profile_id = r_profile AND own.destination = r_destination
                          AND own.subject = r_subject AND own.claim IS NOT DISTINCT FROM r_claim LIMIT 1) AS found
        WHERE lane = $11 AND outbox.ctid = found.place`,
      [
        ...keyColumns(settled.map((one) => one.message)),
        settled.map((one) => one.message.claim),
        settled.map((one) => one.outcome.kind),
        settled.map((one) => ('reason' in one.outcome ? one.outcome.reason : null)),
        settled.map((one) => (one.outcome.kind === 'retry' ? new Date(at + one.outcome.afterMs) : null)),
        new Date(at),
        settled.map(({ message, outcome }) => (outcome.kind === 'accepted' ? stateIn(message.payload) : null)),
        settled[0]!.message.lane,
      ],
    );
    await this.forgetDelivered(
      tx,
      settled.filter((one) => one.outcome.kind === 'accepted').map((one) => one.message),
    );
  }

  /**
   * Hands back claims of one lane that will not be sent after all; they are due at once, so much later or, for Infinity, when
   * {@link OutboxWaiting.wake} says so.
   */
  async release(tx: Transaction, messages: readonly ClaimedMessage[], afterMs: Milliseconds = 0): Promise<void> {
    if (messages.length === 0) return;
    await this.lock(tx, messages);
    await query(
      tx,
      `UPDATE outbox SET claim = NULL, claimed_until = NULL, claimed_version = NULL,
              due_at = CASE WHEN version = claimed_version THEN greatest(due_at, $5) ELSE due_at END
        WHERE lane = ANY($1::smallint[]) AND claim = ANY($2::uuid[])
          AND (profile_id, subject) IN (SELECT * FROM unnest($3::bigint[], $4::text[]))`,
      [
        [...new Set(messages.map((one) => one.lane))],
        [...new Set(messages.map((one) => one.claim))],
        messages.map((one) => one.profileId),
        messages.map((one) => one.subject),
        afterMs === Infinity ? 'infinity' : new Date((await now(tx)) + afterMs),
      ],
    );
  }

  /** Forgets a destination, with what it is still owed; how many messages of each kind these are. */
  async drop(tx: Transaction, destination: string): Promise<Record<string, number>> {
    const rows = await query<{ kind: string; count: number }>(
      tx,
      `WITH dropped AS (DELETE FROM outbox WHERE destination = $1 RETURNING payload ->> 'kind' AS kind, due_at, failed_at)
       SELECT kind, count(*)::integer AS count FROM dropped
        WHERE due_at IS NOT NULL OR failed_at IS NOT NULL GROUP BY kind ORDER BY kind`,
      [destination],
    );
    return Object.fromEntries(rows.map((row) => [row.kind, row.count]));
  }

  /** In order of key, as {@link append} writes, so that the two never wait for each other in a circle. */
  private async lock(tx: Transaction, keys: readonly OutboxKey[]): Promise<void> {
    await query(
      tx,
      `SELECT FROM (SELECT * FROM unnest($2::bigint[], $3::text[], $4::text[]) AS keys (p, d, s) ORDER BY p, d, s) AS wanted,
              LATERAL (SELECT FROM outbox WHERE lane = $1 AND profile_id = p AND destination = d AND subject = s
                        LIMIT 1 FOR UPDATE) AS locked`,
      [keys[0]!.lane, ...keyColumns(keys).slice(1)],
    );
  }

  /** What is told once goes; a membership's row stays, as the memory of what the destination holds. */
  private async forgetDelivered(tx: Transaction, accepted: readonly ClaimedMessage[]): Promise<void> {
    const once = accepted.filter((one) => one.payload.kind !== 'membership');
    if (once.length === 0) return;
    await query(
      tx,
      `DELETE FROM outbox USING unnest($1::smallint[], $2::bigint[], $3::text[], $4::text[]) AS done (l, p, d, s)
        WHERE lane = l AND profile_id = p AND destination = d AND subject = s AND claim IS NULL AND due_at IS NULL`,
      keyColumns(once),
    );
  }
}

interface ClaimRow {
  profile_id: string;
  subject: string;
  version: number;
  attempts: number;
  payload: OutboxPayload;
  leaving: Address[] | null;
  traceparent: string | null;
}

/** In one order, wherever the rows happen to lie. */
function byKey(a: ClaimRow, b: ClaimRow): number {
  return Number(a.profile_id) - Number(b.profile_id) || (a.subject < b.subject ? -1 : 1);
}

/** The membership that a payload states; null for what is no membership. */
function stateIn(payload: OutboxPayload): boolean | null {
  return payload.kind === 'membership' ? payload.isMember : null;
}

function keyColumns(keys: readonly OutboxKey[]): [number[], number[], string[], string[]] {
  return [
    keys.map((one) => one.lane),
    keys.map((one) => one.profileId),
    keys.map((one) => one.destination),
    keys.map((one) => one.subject),
  ];
}
