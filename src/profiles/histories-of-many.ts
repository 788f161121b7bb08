import type { HistoryEvent } from '../core/history-event.js';
import type { Instant } from '../core/instant.js';
import { PURCHASE_ENDINGS } from '../core/net-purchases.js';
import type { EventName } from '../core/rule.js';
import { plainArray, sinceArray } from '../platform/array-parameters.js';
import { preparedRows, query, type Transaction } from '../platform/database.js';
import { laneOfProfile } from '../platform/lanes.js';

/** An event of the log, with its number in the order of arrival. */
export type NumberedEvent = HistoryEvent & { seq: number };

/** Events whose name is, or begins as, given, since an instant. */
export interface Stretch {
  name: EventName;
  since: Instant;
}

/** However long ago. */
export function ever(names: readonly EventName[]): Stretch[] {
  return names.map((name) => ({ name, since: -Infinity }));
}

/**
 * The events of some profiles, by profile and in order of time, by one read of the index; what undoes purchases also before
 * the instant given, since it can be dated before the purchase. Never fewer than asked for; what they mean is not judged
 * here.
 */
export async function historiesOfMany(
  tx: Transaction,
  profileIds: readonly number[],
  stretches: readonly Stretch[],
): Promise<Map<number, NumberedEvent[]>> {
  const histories = new Map<number, NumberedEvent[]>(profileIds.map((id) => [id, []]));
  if (profileIds.length === 0) return histories;
  const rows = await preparedRows<EventRow>(tx, 'histories_of_many', HISTORIES, [
    plainArray([...histories.keys()].map(laneOfProfile)),
    plainArray([...histories.keys()]),
    ...parametersOf(stretches),
  ]);
  for (const [profileId, id, seq, name, occurredAt, properties] of rows) {
    histories.get(profileId)!.push({ id, seq, name, occurredAt, properties });
  }
  return histories;
}

/** Ids of a profile's events that were known of a former one, which has become part of it, by their numbers of then. */
export async function eventsOnceOf(
  tx: Transaction,
  profileId: number,
  { former, knownSeq }: { former: number; knownSeq: number },
): Promise<string[]> {
  const rows = await query<{ id: string }>(
    tx,
    `SELECT id FROM events
      WHERE lane = $1 AND profile_id = $2 AND (former_numbers ->> $3)::bigint <= $4`,
    [laneOfProfile(profileId), profileId, String(former), knownSeq],
  );
  return rows.map((row) => row.id);
}

const OF_ALL_TIME: ReadonlySet<EventName> = new Set(PURCHASE_ENDINGS);

/** Names and since when, then beginnings of names and since when. */
function parametersOf(stretches: readonly Stretch[]): [string[], string, string[], string] {
  const exact = stretches.filter(({ name }) => typeof name === 'string');
  const begun = stretches.filter(({ name }) => typeof name !== 'string');
  return [
    exact.map(({ name }) => name as string),
    sinceArray(exact.map(({ name, since }) => (OF_ALL_TIME.has(name) ? -Infinity : since))),
    begun.map(({ name }) => (name as Exclude<EventName, string>).startsWith),
    sinceArray(begun.map(({ since }) => since)),
  ];
}

type EventRow = [
  profileId: number,
  id: string,
  seq: number,
  name: string,
  occurredAt: Instant,
  properties: Record<string, unknown>,
];

const HISTORIES = `
  SELECT event.* FROM unnest($1::smallint[], $2::bigint[]) AS asked (lane, id) CROSS JOIN LATERAL (
    SELECT profile_id, events.id, seq, name, occurred_at, properties FROM events
     WHERE events.lane = asked.lane AND profile_id = asked.id
       AND (occurred_at >= ($4::timestamptz[])[array_position($3::text[], name)]
            OR name ^@ ANY($5::text[])
               AND EXISTS (SELECT FROM unnest($5::text[], $6::timestamptz[]) AS begun (name, since)
                            WHERE events.name ^@ begun.name AND occurred_at >= begun.since))
     ORDER BY occurred_at, events.id
  ) AS event`;
