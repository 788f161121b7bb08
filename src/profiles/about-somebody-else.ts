import { query, type Transaction } from '../platform/database.js';
import { laneOfText } from '../platform/lanes.js';
import type { Candidate } from './candidate-event.js';
import { identifierKey } from './identifier.js';

/**
 * Those of some repeated events, told under other identifiers than before, none of which leads to the profile that has the
 * event, or that it waits for.
 */
export async function aboutSomebodyElse(tx: Transaction, repeated: readonly Candidate[]): Promise<Candidate[]> {
  if (repeated.length === 0) return [];
  const named = repeated.flatMap(({ stored, incoming }) =>
    incoming.identifiers.map((one) => ({ ...one, eventId: stored.id, lane: laneOfText(identifierKey(one)) })),
  );
  const rows = await query<{ event_id: string }>(
    tx,
    `SELECT event_id FROM unnest($1::uuid[], $2::smallint[], $3::text[], $4::text[]) AS named (event_id, l, k, v)
      WHERE EXISTS (SELECT FROM identifiers known
                      JOIN events ON events.lane = known.profile_lane AND events.profile_id = known.profile_id
                     WHERE (known.lane, known.kind, known.value) = (l, k, v) AND events.id = named.event_id)
         OR EXISTS (SELECT FROM waiting_events waiting
                     WHERE (waiting.lane, waiting.kind, waiting.value, waiting.event_id) = (l, k, v, named.event_id))`,
    [
      named.map((one) => one.eventId),
      named.map((one) => one.lane),
      named.map((one) => one.kind),
      named.map((one) => one.value),
    ],
  );
  const theirs = new Set(rows.map((row) => row.event_id));
  return repeated.filter((one) => !theirs.has(one.stored.id));
}
