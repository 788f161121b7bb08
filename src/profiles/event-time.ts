import type { Instant, Milliseconds } from '../core/instant.js';
import type { IncomingEvent } from './incoming-event.js';

/** How far ahead of its receipt an event may claim to be. */
const MOST_AHEAD: Milliseconds = 300_000;

/**
 * When an event happened: as it says, by a clock that is set right where the event tells when it was sent. Times too far
 * ahead are replaced by the time of receipt, and marked.
 */
export function timeOf(
  { occurredAt, sentAt }: Pick<IncomingEvent, 'occurredAt' | 'sentAt'>,
  receivedAt: Instant,
): { occurredAt: Instant; isTimeCorrected: boolean } {
  const own = sentAt === undefined ? occurredAt : receivedAt - (sentAt - occurredAt);
  const isTooFarAhead = own > receivedAt + MOST_AHEAD;
  return { occurredAt: isTooFarAhead ? receivedAt : own, isTimeCorrected: isTooFarAhead };
}
