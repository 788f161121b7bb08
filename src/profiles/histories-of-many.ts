import type { HistoryEvent } from '../core/history-event.js';
import type { Instant } from '../core/instant.js';
import { PURCHASE_ENDINGS } from '../core/net-purchases.js';
import type { EventName } from '../core/rule.js';
import { plainArray } from '../platform/array-parameters.js';
import { preparedRows, type Transaction } from '../platform/database.js';
import { laneOfProfile } from '../platform/lanes.js';

/** An event of the log, with its number in the order of arrival. */
export type NumberedEvent = HistoryEvent & { seq: number };

/**
 * The events of some profiles, by profile and in order of time, by one read of the index: those whose names are, or begin
 * as, given, since an instant; what undoes purchases also before it, since it can be dated before the purchase. Never
 * fewer than asked for; what they mean is not judged here.
 */
export async function historiesOfMany(
  tx: Transaction,
  profileIds: readonly number[],
  { names, since }: { names: readonly EventName[]; since: Instant },
): Promise<Map<number, NumberedEvent[]>> {
  const histories = new Map<number, NumberedEvent[]>(profileIds.map((id) => [id, []]));
  if (profileIds.length === 0) return histories;
  const rows = await preparedRows<EventRow>(tx, 'histories_of_many', HISTORIES, [
    plainArray([...histories.keys()].map(laneOfProfile)),
    plainArray([...histories.keys()]),
    since === -Infinity ? '-infinity' : new Date(since),
    names.filter((name) => typeof name === 'string'),
    names.flatMap((name) => (typeof name === 'string' ? [] : [name.startsWith])),
    PURCHASE_ENDINGS,
  ]);
  for (const [profileId, id, seq, name, occurredAt, properties] of rows) {
    histories.get(profileId)!.push({ id, seq, name, occurredAt, properties });
  }
  return histories;
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
     WHERE events.lane = asked.lane AND profile_id = asked.id AND (occurred_at >= $3 OR name = ANY($6::text[]))
       AND (name = ANY($4::text[]) OR name ^@ ANY($5::text[]))
     ORDER BY occurred_at, events.id
  ) AS event`;
