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

/** An event that a matcher selects, and until when it counts: a purchase ends with its cancellation or full refund. */
export interface Occurrence {
  event: HistoryEvent;
  at: Instant;
  until: Instant;
}
