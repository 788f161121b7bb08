import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { Milliseconds } from '../core/instant.js';
import { instantArray, jsonArray, jsonArrayIn, plainArray, textArray } from '../platform/array-parameters.js';
import { prepared, preparedRows, query, type Transaction } from '../platform/database.js';
import { LANES } from '../platform/lanes.js';
import { PRIORITIES, UNHURRIED, URGENT } from '../platform/queues.js';
import { claimedMessages, type ClaimedMessage, type ClaimRow, type Settled } from './claimed-message.js';
import { lockOutbox } from './lock-outbox.js';
import type { OutboxMessage, OutboxPayload } from './outbox-message.js';

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
      ...new Map(messages.map((one) => [`${one.profileId} ${one.destination}\n${one.subject}`, one])).values(),
    ];
    await prepared(
      tx,
      'append_outbox',
      `INSERT INTO outbox AS known (lane, profile_id, destination, subject, version, payload, due_at, priority, holds,
         traceparent)
       SELECT lane, profile_id, destination, subject, 1, payload,
              CASE WHEN wanted IS DISTINCT FROM false THEN greatest(turnout_now(), not_before) END,
              priority, CASE WHEN wanted IS NOT NULL THEN false END, traceparent
         FROM unnest($1::smallint[], $2::bigint[], $3::text[], $4::text[], ${jsonArrayIn('$5')}, $6::timestamptz[], $7::smallint[],
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
        jsonArray(latest.map((one) => one.payload)),
        instantArray(latest.map((one) => one.notBefore ?? null)),
        plainArray(latest.map((one) => (one.isBackfill ? UNHURRIED : URGENT))),
        textArray(latest.map((one) => one.traceparent ?? null)),
      ],
    );
  }

  /** Lanes in which something is due for a destination, by priority: those first that have something of the first. */
  async dueLanes(tx: Transaction, destination: string, priorities: readonly number[] = PRIORITIES): Promise<DueLane[]> {
    return prepared<DueLane>(
      tx,
      'outbox_due_lanes',
      `SELECT lane::integer AS lane, priority::integer AS priority
         FROM unnest($2::smallint[]) AS priorities (priority), unnest($3::smallint[]) AS lanes (lane),
              -- One probe of an index each: joined in one go, the whole table would be read.
              LATERAL (SELECT FROM outbox
                        WHERE outbox.lane = lanes.lane AND destination = $1 AND outbox.priority = priorities.priority
                          AND due_at <= (SELECT turnout_now())
                          AND (claimed_until IS NULL OR claimed_until <= (SELECT turnout_now())) LIMIT 1) AS due
        ORDER BY priority, lane`,
      [destination, priorities, ALL_LANES],
    );
  }

  /** Takes up to `most` due messages of a priority for `leaseMs`: lane by lane in the order given, oldest first. */
  async claim(
    tx: Transaction,
    what: { lanes: readonly number[]; priority: number; destination: string; most: number; leaseMs: Milliseconds },
  ): Promise<ClaimedMessage[]> {
    const claim = randomUUID();
    const rows = await preparedRows<ClaimRow>(
      tx,
      'claim_outbox',
      `WITH clock AS MATERIALIZED (SELECT turnout_now() AS now), due AS MATERIALIZED (
         SELECT place FROM unnest($1::smallint[]) AS lanes (l), LATERAL (
         SELECT ctid AS place FROM outbox
          WHERE lane = l AND destination = $2 AND priority = $6 AND due_at <= (SELECT now FROM clock)
            AND (claimed_until IS NULL OR claimed_until <= (SELECT now FROM clock))
          ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
         ) AS of_lane LIMIT $3
       )
       UPDATE outbox SET claim = $4, claimed_until = clock.now + $5 * interval '1 ms', claimed_version = version,
              -- What became of the send of whoever lost the claim, nobody knows.
              holds = CASE WHEN claim IS NULL THEN holds END
         FROM clock
        -- By their place: by their keys the whole table would be read.
        WHERE outbox.ctid = ANY (ARRAY(SELECT place FROM due))
       RETURNING outbox.lane, outbox.profile_id, outbox.subject, outbox.ctid, version, attempts, payload::text, leaving, traceparent`,
      [plainArray(what.lanes), what.destination, what.most, claim, what.leaseMs, what.priority],
    );
    return claimedMessages(rows, what.destination, claim);
  }

  /**
   * Notes what came of claimed messages. A claim that was lost meanwhile (its lease ended) is left to its new holder; a
   * state that was replaced while it was sent stays due.
   */
  async settle(tx: Transaction, settled: readonly Settled[]): Promise<void> {
    if (settled.length === 0) return;
    const places = await this.lock(
      tx,
      settled.map((one) => one.message),
    );
    const held = settled.flatMap((one, index) => (places[index] === null ? [] : [{ ...one, place: places[index]! }]));
    await prepared(
      tx,
      'settle_outbox',
      `WITH result AS MATERIALIZED (
         SELECT place, now, outcome, reason, now_holds, now + after_ms * interval '1 ms' AS retry_at
           FROM (SELECT turnout_now() AS now OFFSET 0) AS clock,
                unnest($1::tid[], $2::text[], $3::text[], $4::float8[], $5::boolean[])
                AS result (place, outcome, reason, after_ms, now_holds)
       )
       UPDATE outbox SET
          claim = NULL, claimed_until = NULL, claimed_version = NULL,
          accepted_version = CASE WHEN outcome = 'accepted' THEN claimed_version ELSE accepted_version END,
          attempts = CASE WHEN outcome = 'accepted' OR version > claimed_version THEN 0 ELSE attempts + 1 END,
          holds = now_holds,
          settled_at = CASE WHEN outcome = 'accepted' THEN result.now ELSE settled_at END,
          leaving = CASE WHEN outcome <> 'accepted' OR version > claimed_version THEN leaving END,
          due_at = CASE WHEN (payload ->> 'isMember')::boolean = now_holds
                             AND (leaving IS NULL OR version = claimed_version) THEN NULL
                        WHEN version > claimed_version THEN due_at WHEN outcome = 'retry' THEN retry_at END,
          failed_at = CASE WHEN outcome = 'failed' AND version = claimed_version THEN result.now END,
          failure = CASE WHEN version = claimed_version THEN reason END
         FROM result
        -- Twice by their place: joined alone, the whole table would be read.
        WHERE outbox.ctid = ANY ($1::tid[]) AND outbox.ctid = result.place`,
      [
        held.map((one) => one.place),
        held.map((one) => one.outcome.kind),
        held.map((one) => ('reason' in one.outcome ? one.outcome.reason : null)),
        held.map((one) => (one.outcome.kind === 'retry' ? one.outcome.afterMs : null)),
        held.map(({ message, outcome }) => (outcome.kind === 'accepted' ? stateIn(message.payload) : null)),
      ],
    );
    await this.forgetDelivered(
      tx,
      settled.filter((one) => one.outcome.kind === 'accepted').map((one) => one.message),
    );
  }

  /**
   * Hands back claims that will not be sent after all; they are due at once, so much later or, for Infinity, when
   * {@link OutboxWaiting.wake} says so.
   */
  async release(tx: Transaction, messages: readonly ClaimedMessage[], afterMs: Milliseconds = 0): Promise<void> {
    if (messages.length === 0) return;
    const places = await this.lock(tx, messages);
    await query(
      tx,
      `UPDATE outbox SET claim = NULL, claimed_until = NULL, claimed_version = NULL,
              due_at = CASE WHEN version = claimed_version
                            THEN greatest(due_at, coalesce(turnout_now() + $2 * interval '1 ms', 'infinity'))
                            ELSE due_at END
        WHERE ctid = ANY ($1::tid[])`,
      [places.filter((one) => one !== null), afterMs === Infinity ? null : afterMs],
    );
  }

  /** Forgets a destination, with what it is still owed; how many messages of each kind these are. */
  async drop(tx: Transaction, destination: string): Promise<Record<string, number>> {
    await lockOutbox(tx, 'destination = $1', [destination]);
    const rows = await query<{ kind: string; count: number }>(
      tx,
      `WITH dropped AS (DELETE FROM outbox WHERE destination = $1 RETURNING payload ->> 'kind' AS kind, due_at, failed_at)
       SELECT kind, count(*)::integer AS count FROM dropped
        WHERE due_at IS NOT NULL OR failed_at IS NOT NULL GROUP BY kind ORDER BY kind`,
      [destination],
    );
    return Object.fromEntries(rows.map((row) => [row.kind, row.count]));
  }

  /**
   * Locks the rows of claimed messages in order of key, as {@link append} writes, so that the two never wait for each other
   * in a circle. Answers where each lies, which is where it stays while it is locked; null where the claim was lost.
   */
  private async lock(tx: Transaction, messages: readonly ClaimedMessage[]): Promise<(string | null)[]> {
    const rows = await prepared<{ n: string; place: string }>(
      tx,
      'lock_outbox',
      `SELECT n, place
         FROM (SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::text[], $4::text[], $5::uuid[])
                               WITH ORDINALITY AS keys (l, p, d, s, c, n) ORDER BY l, p, d, s) AS wanted,
              LATERAL (SELECT ctid AS place, claim FROM outbox AS own
                        WHERE lane = l AND profile_id = p AND destination = d AND subject = s LIMIT 1 FOR UPDATE) AS locked
        WHERE claim IS NOT DISTINCT FROM c`,
      [...keyColumns(messages), messages.map((one) => one.claim)],
    );
    const places = new Map(rows.map((row) => [Number(row.n), row.place]));
    return messages.map((_, index) => places.get(index + 1) ?? null);
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

const ALL_LANES = Array.from({ length: LANES }, (_, lane) => lane);

/** The membership that a payload states; null for what is no membership. */
function stateIn(payload: OutboxPayload): boolean | null {
  return payload.kind === 'membership' ? payload.isMember : null;
}

function keyColumns(keys: readonly OutboxKey[]): [string, string, string, string] {
  return [
    plainArray(keys.map((one) => one.lane)),
    plainArray(keys.map((one) => one.profileId)),
    textArray(keys.map((one) => one.destination)),
    textArray(keys.map((one) => one.subject)),
  ];
}
