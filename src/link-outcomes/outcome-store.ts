import { Injectable } from '@nestjs/common';
import type { Instant } from '../core/instant.js';
import { query, type Transaction } from '../platform/database.js';
import { laneOfProfile } from '../platform/lanes.js';

/** An event by where it stands in the log. */
export interface Located {
  profileId: number;
  eventId: string;
  at: Instant;
}

/** Who has to be looked at, and what was told. */
@Injectable()
export class OutcomeStore {
  /** Has profiles looked at, by then at the latest. The caller holds their rows. */
  async wake(tx: Transaction, due: ReadonlyMap<number, Instant>): Promise<void> {
    if (due.size === 0) return;
    await query(
      tx,
      `INSERT INTO link_outcomes_due AS known (lane, profile_id, due_at)
       SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::timestamptz[])
       ON CONFLICT (lane, profile_id) DO UPDATE SET due_at = least(known.due_at, excluded.due_at)`,
      [[...due.keys()].map(laneOfProfile), [...due.keys()], [...due.values()].map((at) => new Date(at))],
    );
  }

  /** Takes up to `most` profiles that are due, and holds their rows. */
  async claim(tx: Transaction, most: number): Promise<number[]> {
    const rows = await query<{ id: string }>(
      tx,
      `WITH due AS MATERIALIZED (
         SELECT profiles.lane, profiles.id FROM link_outcomes_due AS due
           JOIN profiles ON profiles.lane = due.lane AND profiles.id = due.profile_id
          WHERE due_at <= turnout_now() ORDER BY due_at LIMIT $1 FOR UPDATE OF profiles SKIP LOCKED
       )
       DELETE FROM link_outcomes_due WHERE (lane, profile_id) IN (SELECT lane, id FROM due) RETURNING profile_id AS id`,
      [most],
    );
    return rows.map(({ id }) => Number(id));
  }

  /** Of some events, the ids of those that came from a source. */
  async ofSource(tx: Transaction, source: string, events: readonly Located[]): Promise<Set<string>> {
    if (events.length === 0) return new Set();
    const rows = await query<{ id: string }>(
      tx,
      `SELECT event.id FROM unnest($2::smallint[], $3::bigint[], $4::timestamptz[], $5::uuid[]) AS asked (l, p, o, i)
         JOIN events AS event ON lane = l AND profile_id = p AND occurred_at = o AND id = i
        WHERE source = $1`,
      [
        source,
        events.map(({ profileId }) => laneOfProfile(profileId)),
        events.map(({ profileId }) => profileId),
        events.map(({ at }) => new Date(at)),
        events.map(({ eventId }) => eventId),
      ],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** Of what some people did, the ids of the events that a destination was told of. */
  async told(tx: Transaction, destination: string, profileIds: readonly number[]): Promise<Set<string>> {
    const rows = await query<{ id: string }>(
      tx,
      `SELECT event_id AS id FROM unnest($2::smallint[], $3::bigint[]) AS asked (l, p)
         JOIN link_outcomes_told ON lane = l AND profile_id = p WHERE destination = $1`,
      [destination, profileIds.map(laneOfProfile), profileIds],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** Notes that a destination is told of some events; of these, the ids of those that it was not told of before. */
  async note(tx: Transaction, destination: string, events: readonly Located[]): Promise<Set<string>> {
    if (events.length === 0) return new Set();
    const rows = await query<{ id: string }>(
      tx,
      `INSERT INTO link_outcomes_told (lane, profile_id, destination, event_id, told_at)
       SELECT lane, profile_id, $1, event_id, turnout_now()
         FROM unnest($2::smallint[], $3::bigint[], $4::uuid[]) AS new (lane, profile_id, event_id)
       ON CONFLICT DO NOTHING RETURNING event_id AS id`,
      [
        destination,
        events.map(({ profileId }) => laneOfProfile(profileId)),
        events.map(({ profileId }) => profileId),
        events.map(({ eventId }) => eventId),
      ],
    );
    return new Set(rows.map(({ id }) => id));
  }
}
