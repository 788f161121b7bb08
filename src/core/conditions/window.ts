import type { History } from '../history.js';
import type { Occurrence } from '../history-event.js';
import { durationInWords, parseDuration, toIso, type Instant, type Milliseconds } from '../instant.js';

/** From when on the whole window lies in the time for which the event's source has data. */
export function completeFrom(history: History, eventName: string, window: Milliseconds): Instant {
  const start = history.startsAt(eventName);
  return start === -Infinity ? -Infinity : start + window;
}

export function sayMissing(history: History, eventName: string): string {
  const start = history.startsAt(eventName);
  return start === Infinity
    ? `no "${eventName}" data have come in yet`
    : `the data about "${eventName}" start at ${toIso(start)}, and the condition looks back further`;
}

/** Until when an event counts: to the end of the window after it, or of itself, whichever is first. */
export function endOf(occurrence: Occurrence, window: Milliseconds): Instant {
  return Math.min(occurrence.at + window, occurrence.until);
}

/** ` in the last 30 days`, or nothing without a window. */
export function sayWindow(within: string | undefined): string {
  const span = parseDuration(within);
  return span === undefined ? '' : ` in the last ${durationInWords(span)}`;
}
