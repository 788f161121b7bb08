import type { Instant, Milliseconds } from '../core/instant.js';
import { addLags, lagClass, NO_LAGS, type LagCounts } from './source-rhythm.js';

/** Live events of one source that came together; never those of an import, which say nothing about how live it is. */
export interface Arrival {
  receivedAt: Instant;
  /** When those happened that were news; none where all were duplicates, which still show that the source is heard of. */
  occurredAt: readonly Instant[];
}

/** What is to be written about a source's arrivals; small, however many they were. */
export interface ArrivalTally {
  events: number;
  lastReceivedAt: Instant;
  /** `-Infinity` when nothing was news. */
  newest: Instant;
  /** The seconds in which something happened. */
  seconds: Set<number>;
  lags: LagCounts;
}

const SECOND: Milliseconds = 1_000;

export function tallyOf({ receivedAt, occurredAt }: Arrival): ArrivalTally {
  const happened = occurredAt.map((at) => Math.min(at, receivedAt)); // clocks that run ahead tell no future
  const lags = [...NO_LAGS];
  for (const at of happened) lags[lagClass(receivedAt - at)]! += 1;
  return {
    events: happened.length,
    lastReceivedAt: receivedAt,
    newest: happened.reduce((newest, at) => Math.max(newest, at), -Infinity),
    seconds: new Set(happened.map((at) => Math.floor(at / SECOND))),
    lags,
  };
}

export function merged(one: ArrivalTally | undefined, other: ArrivalTally): ArrivalTally {
  if (!one) return other;
  return {
    events: one.events + other.events,
    lastReceivedAt: Math.max(one.lastReceivedAt, other.lastReceivedAt),
    newest: Math.max(one.newest, other.newest),
    seconds: new Set([...one.seconds, ...other.seconds]),
    lags: addLags(one.lags, other.lags, 0),
  };
}

/** The instants that a tally knows of, to the second, and the newest one exactly. */
export function instantsOf({ seconds, newest }: ArrivalTally): Instant[] {
  return newest === -Infinity ? [] : [...[...seconds].map((second) => second * SECOND), newest];
}
