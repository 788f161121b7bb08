import { Injectable } from '@nestjs/common';
import type { HistoryEvent } from '../core/history-event.js';
import type { Instant, Milliseconds } from '../core/instant.js';
import { PURCHASE_ENDINGS } from '../core/net-purchases.js';
import type { EventName } from '../core/rule.js';
import { query, type Transaction } from '../platform/database.js';
import { laneOfProfile, laneOfText } from '../platform/lanes.js';
import { eventDigest, eventId } from './event-identity.js';
import { timeOf } from './event-time.js';
import { identifierKey, type Identifier } from './identifier.js';
import { IdentifierStore } from './identifier-store.js';
import type { IncomingEvent } from './incoming-event.js';

/** What became of a batch of incoming events. */
export interface Recorded {
  stored: number;
  /** Those that were stored. */
  news: IncomingEvent[];
  duplicates: number;
  /** Refused, for the caller to keep: another body under a known id, or older than the retention. */
  refused: { event: IncomingEvent; reason: 'conflicting_duplicate' | 'older_than_retention' }[];
  /** Lanes in which a profile is now due. */
  lanes: number[];
}

export interface Batch {
  source: string;
  events: readonly IncomingEvent[];
  receivedAt: Instant;
  retention: Milliseconds;
}

interface StoredEvent {
  id: string;
  name: string;
  source: string;
  occurredAt: Instant;
  receivedAt: Instant;
  isTimeCorrected: boolean;
  properties: Record<string, unknown>;
}

interface Candidate {
  incoming: IncomingEvent;
  stored: StoredEvent;
  digest: Buffer;
}

/** The log of what happened, by profile: append-only, deduplicated by source and source event id. */
@Injectable()
export class EventStore {
  constructor(private readonly identifiers: IdentifierStore) {}

  /**
   * Stores a batch: new facts go to their profiles, which become due at the instant the fact happened (never before
   * their last evaluation). The caller commits; only then is anything acknowledged.
   */
  async record(tx: Transaction, batch: Batch): Promise<Recorded> {
    const oldest = batch.receivedAt - batch.retention;
    const candidates = distinct(batch.events.map((event) => candidateOf(event, batch)));
    const recent = candidates.filter((one) => one.stored.occurredAt >= oldest);
    const fresh = await this.writeReceipts(tx, recent, batch.receivedAt);
    const duplicates = recent.filter((one) => !fresh.has(one.stored.id));
    const conflicts = await this.conflictsAmong(tx, duplicates);
    const stored = recent.filter((one) => fresh.has(one.stored.id));
    const lanes = await this.attach(tx, stored);
    return {
      stored: stored.length,
      news: stored.map((one) => one.incoming),
      duplicates: batch.events.length - candidates.length + duplicates.length,
      refused: [
        ...conflicts.map((one) => ({ event: one.incoming, reason: 'conflicting_duplicate' as const })),
        ...candidates
          .filter((one) => one.stored.occurredAt < oldest)
          .map((one) => ({ event: one.incoming, reason: 'older_than_retention' as const })),
      ],
      lanes,
    };
  }

  /**
   * The events of some profiles of a lane, by profile and in order of time: those whose names are, or begin as, given,
   * since an instant; what undoes purchases also before it, since it can be dated before the purchase. Never fewer than
   * asked for; what they mean is not judged here.
   */
  async histories(
    tx: Transaction,
    lane: number,
    profileIds: readonly number[],
    wanted: { names: readonly EventName[]; since: Instant },
  ): Promise<Map<number, (HistoryEvent & { seq: number })[]>> {
    const rows = await query<EventRow>(
      tx,
      `SELECT profile_id, id, seq, name, occurred_at, properties FROM events
        WHERE lane = $1 AND profile_id = ANY($2::bigint[]) AND (occurred_at >= $3 OR name = ANY($6::text[]))
          AND (name = ANY($4::text[]) OR name ^@ ANY($5::text[]))
        ORDER BY occurred_at, id`,
      [
        lane,
        profileIds,
        wanted.since === -Infinity ? '-infinity' : new Date(wanted.since),
        wanted.names.filter((name) => typeof name === 'string'),
        wanted.names.flatMap((name) => (typeof name === 'string' ? [] : [name.startsWith])),
        PURCHASE_ENDINGS,
      ],
    );
    const histories = new Map<number, (HistoryEvent & { seq: number })[]>(profileIds.map((id) => [id, []]));
    for (const row of rows) {
      histories.get(Number(row.profile_id))!.push({
        id: row.id,
        seq: Number(row.seq),
        name: row.name,
        occurredAt: row.occurred_at.getTime(),
        properties: row.properties,
      });
    }
    return histories;
  }

  /** Claims the ids of events; returns those that nobody had claimed. */
  private async writeReceipts(tx: Transaction, candidates: readonly Candidate[], at: Instant): Promise<Set<string>> {
    const rows = await query<{ event_id: string }>(
      tx,
      `INSERT INTO receipts (lane, event_id, digest, received_at)
       SELECT *, $4::timestamptz FROM unnest($1::smallint[], $2::uuid[], $3::bytea[]) AS new (lane, event_id, digest)
        ORDER BY lane, event_id
       ON CONFLICT DO NOTHING RETURNING event_id`,
      [
        candidates.map((one) => laneOfText(one.stored.id)),
        candidates.map((one) => one.stored.id),
        candidates.map((one) => one.digest),
        new Date(at),
      ],
    );
    return new Set(rows.map((row) => row.event_id));
  }

  private async conflictsAmong(tx: Transaction, duplicates: readonly Candidate[]): Promise<Candidate[]> {
    const comparable = duplicates.filter((one) => !one.incoming.isRestated);
    if (comparable.length === 0) return [];
    const rows = await query<{ event_id: string; digest: Buffer }>(
      tx,
      `SELECT event_id, digest FROM receipts
        WHERE (lane, event_id) IN (SELECT * FROM unnest($1::smallint[], $2::uuid[]))`,
      [comparable.map((one) => laneOfText(one.stored.id)), comparable.map((one) => one.stored.id)],
    );
    const digests = new Map(rows.map((row) => [row.event_id, row.digest]));
    return comparable.filter((one) => !digests.get(one.stored.id)!.equals(one.digest));
  }

  /** Gives new facts to their profiles; returns the lanes of these. */
  private async attach(tx: Transaction, fresh: readonly Candidate[]): Promise<number[]> {
    if (fresh.length === 0) return [];
    const { profiles, arrived } = await this.identifiers.resolve(
      tx,
      fresh.map((one) => one.incoming.identifiers),
    );
    const waiting = fresh.filter((_, index) => profiles[index] === null);
    await this.park(tx, waiting);
    const attached = fresh.flatMap((one, index) => {
      const profileId = profiles[index];
      return typeof profileId === 'number' ? [{ profileId, event: one.stored }] : [];
    });
    for (const { identifier, profileId } of arrived) {
      const events = await this.unpark(tx, identifier);
      attached.push(...events.map((event) => ({ profileId, event })));
    }
    await this.markDue(tx, attached);
    await this.append(tx, attached);
    return [...new Set(attached.map((one) => laneOfProfile(one.profileId)))];
  }

  /** Locks the profiles in order of id and makes them due when the events happened. */
  private async markDue(
    tx: Transaction,
    attached: readonly { profileId: number; event: StoredEvent }[],
  ): Promise<void> {
    const dueAt = new Map<number, Instant>();
    for (const { profileId, event } of attached) {
      dueAt.set(profileId, Math.min(event.occurredAt, dueAt.get(profileId) ?? Infinity));
    }
    const ids = [...dueAt.keys()];
    await query(
      tx,
      `INSERT INTO profiles AS known (lane, id, created_at, evaluate_at)
       SELECT lane, id, turnout_now(), due_at
         FROM unnest($1::smallint[], $2::bigint[], $3::timestamptz[]) AS new (lane, id, due_at)
        ORDER BY lane, id
       ON CONFLICT (lane, id) DO UPDATE
          SET evaluate_at = least(known.evaluate_at, greatest(excluded.evaluate_at, known.evaluated_at))`,
      [ids.map(laneOfProfile), ids, ids.map((id) => new Date(dueAt.get(id)!))],
    );
  }

  private async append(tx: Transaction, attached: readonly { profileId: number; event: StoredEvent }[]): Promise<void> {
    const column = <T>(read: (one: (typeof attached)[number]) => T): T[] => attached.map(read);
    await query(
      tx,
      `INSERT INTO events (lane, profile_id, occurred_at, id, name, source, received_at, is_time_corrected, properties)
       SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::timestamptz[], $4::uuid[], $5::text[], $6::text[],
                            $7::timestamptz[], $8::boolean[], $9::jsonb[])`,
      [
        column((one) => laneOfProfile(one.profileId)),
        column((one) => one.profileId),
        column((one) => new Date(one.event.occurredAt)),
        column((one) => one.event.id),
        column((one) => one.event.name),
        column((one) => one.event.source),
        column((one) => new Date(one.event.receivedAt)),
        column((one) => one.event.isTimeCorrected),
        column((one) => JSON.stringify(one.event.properties)),
      ],
    );
  }

  /** Keeps events until the identifier that they name is somebody's. */
  private async park(tx: Transaction, waiting: readonly Candidate[]): Promise<void> {
    if (waiting.length === 0) return;
    const named = waiting.map((one) => ({ identifier: one.incoming.identifiers[0]!, event: one.stored }));
    await query(
      tx,
      `INSERT INTO waiting_events (lane, kind, value, event_id, event)
       SELECT * FROM unnest($1::smallint[], $2::text[], $3::text[], $4::uuid[], $5::jsonb[])`,
      [
        named.map((one) => laneOfText(identifierKey(one.identifier))),
        named.map((one) => one.identifier.kind),
        named.map((one) => one.identifier.value),
        named.map((one) => one.event.id),
        named.map((one) => JSON.stringify(one.event)),
      ],
    );
  }

  private async unpark(tx: Transaction, identifier: Identifier): Promise<StoredEvent[]> {
    const rows = await query<{ event: StoredEvent }>(
      tx,
      'DELETE FROM waiting_events WHERE lane = $1 AND kind = $2 AND value = $3 RETURNING event',
      [laneOfText(identifierKey(identifier)), identifier.kind, identifier.value],
    );
    return rows.map((row) => row.event);
  }
}

interface EventRow {
  profile_id: string;
  id: string;
  seq: string;
  name: string;
  occurred_at: Date;
  properties: Record<string, unknown>;
}

function candidateOf(incoming: IncomingEvent, { source, receivedAt }: Batch): Candidate {
  return {
    incoming,
    digest: eventDigest(incoming),
    stored: {
      id: eventId(source, incoming.sourceEventId),
      name: incoming.name,
      source,
      receivedAt,
      ...timeOf(incoming, receivedAt),
      properties: incoming.properties,
    },
  };
}

/** The first of each id. */
function distinct(candidates: readonly Candidate[]): Candidate[] {
  const first = new Map<string, Candidate>();
  for (const one of candidates) if (!first.has(one.stored.id)) first.set(one.stored.id, one);
  return [...first.values()];
}
