import type { Instant } from '../core/instant.js';
import { query, type Transaction } from '../platform/database.js';
import { LANES } from '../platform/lanes.js';
import { PRIORITIES } from '../platform/queues.js';

/** Counts stop there: more is too much, however much it is, and counting must stay cheap. */
const MOST_A_LANE = 1_000;
const MOST_FAILED = 10_000;

export interface Due {
  due: number;
  /** Of what has waited longest. */
  oldestSeconds: number;
}

export interface OwedTo {
  destination: string;
  state: 'due' | 'later' | 'in_flight';
  messages: number;
  oldestSeconds: number;
}

/** Profiles whose instant is past: members and others who are not brought up to date yet. */
export function profilesDue(tx: Transaction, at: Instant): Promise<Due> {
  return due(tx, at, 'profiles', 'evaluate_at');
}

/** Open decisions that could be told by now. */
export function decisionsDue(tx: Transaction, at: Instant): Promise<Due> {
  return due(tx, at, 'decisions', 'due_at');
}

async function due(tx: Transaction, at: Instant, table: string, timer: string): Promise<Due> {
  const [row] = await query<{ due: string; oldest: number }>(
    tx,
    `SELECT count(*) AS due, coalesce(extract(epoch FROM $1 - min(timer)), 0)::float8 AS oldest
       FROM generate_series(0, $2 - 1) AS lanes (lane),
            LATERAL (SELECT ${timer} AS timer FROM ${table} AS own WHERE own.lane = lanes.lane AND ${timer} <= $1
                      ORDER BY ${timer} LIMIT $3) AS due`,
    [new Date(at), LANES, MOST_A_LANE],
  );
  return { due: Number(row!.due), oldestSeconds: row!.oldest };
}

/** What destinations are owed: now, later (a settle delay, a retry), or being sent. */
export async function owed(tx: Transaction, at: Instant): Promise<OwedTo[]> {
  const rows = await query<{ destination: string; state: OwedTo['state']; messages: string; oldest: number }>(
    tx,
    `WITH RECURSIVE known (lane, destination) AS (
       SELECT lane, (SELECT min(destination) FROM outbox WHERE outbox.lane = lanes.lane AND due_at IS NOT NULL)
         FROM generate_series(0, $2 - 1) AS lanes (lane)
       UNION ALL
       SELECT lane, (SELECT min(destination) FROM outbox
                      WHERE outbox.lane = known.lane AND outbox.destination > known.destination AND due_at IS NOT NULL)
         FROM known WHERE destination IS NOT NULL
     )
     SELECT destination, state, count(*) AS messages,
            greatest(0, coalesce(extract(epoch FROM $1 - min(due_at)), 0))::float8 AS oldest
       FROM known, unnest($4::smallint[]) AS priorities (priority),
            LATERAL (SELECT due_at, CASE WHEN claimed_until > $1 THEN 'in_flight' WHEN due_at <= $1 THEN 'due' ELSE 'later' END
                       FROM outbox
                      WHERE outbox.lane = known.lane AND outbox.destination = known.destination
                        AND outbox.priority = priorities.priority AND due_at IS NOT NULL
                      ORDER BY due_at LIMIT $3) AS owed (due_at, state)
      GROUP BY destination, state`,
    [new Date(at), LANES, MOST_A_LANE, PRIORITIES],
  );
  return rows.map(({ destination, state, messages, oldest }) => {
    return { destination, state, messages: Number(messages), oldestSeconds: oldest };
  });
}

/** Messages that wait for a person. */
export async function undeliverable(tx: Transaction): Promise<{ destination: string; messages: number }[]> {
  const rows = await query<{ destination: string; messages: string }>(
    tx,
    `SELECT destination, count(*) AS messages
       FROM (SELECT destination FROM outbox WHERE failed_at IS NOT NULL LIMIT $1) AS failed GROUP BY destination`,
    [MOST_FAILED],
  );
  return rows.map(({ destination, messages }) => ({ destination, messages: Number(messages) }));
}

/** What came in and could not be used, by source and reason. */
export async function deadLetters(tx: Transaction): Promise<{ source: string; reason: string; letters: number }[]> {
  const rows = await query<{ source: string; reason: string; letters: string }>(
    tx,
    `SELECT source, reason, count(*) AS letters
       FROM (SELECT source, reason FROM dead_letters LIMIT $1) AS kept GROUP BY source, reason`,
    [MOST_FAILED],
  );
  return rows.map(({ source, reason, letters }) => ({ source, reason, letters: Number(letters) }));
}
