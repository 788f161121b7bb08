import type { Instant } from './instant.js';

/** A fact in a profile's history, as the core sees it. */
export interface HistoryEvent {
  id: string;
  name: string;
  occurredAt: Instant;
  properties: Readonly<Record<string, unknown>>;
  /** True when the last evaluation of the profile did not know it; tells the cause of a transition. */
  isNew?: boolean;
}

/** The event whose properties are attributes of the profile; it speaks of those that it has, and of no others. */
export const IDENTIFY = 'identify';

/** An event in a window: it counts for every `asOf` in `[from, to)`, which is never empty. */
export interface Life {
  event: HistoryEvent;
  from: Instant;
  to: Instant;
}

/** The index of the first of some events, in order of time, that is no earlier than an instant. */
export function firstFrom(events: readonly Pick<HistoryEvent, 'occurredAt'>[], at: Instant): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (events[middle]!.occurredAt < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
