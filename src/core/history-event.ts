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
