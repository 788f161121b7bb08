import type { Instant } from '../core/instant.js';
import type { Transaction } from '../platform/database.js';

/** Where a pass over a table has come to. */
export interface CleaningStep {
  lane: number;
  /** The key of what was looked at last, as text; empty at the beginning. */
  after: string;
}

/** Before when each kind of thing is past its time. */
export interface Horizons {
  now: Instant;
  events: Instant;
  receipts: Instant;
  decisions: Instant;
  deadLetters: Instant;
}

/** What a step did. */
export interface Cleaned {
  removed: number;
  /** Where to go on; null when the lane is done. */
  after: string | null;
}

/** One kind of thing that is removed when its time is over, in small steps; each in a transaction of its own. */
export interface Cleaning {
  kind: string;
  step(tx: Transaction, at: CleaningStep, horizons: Horizons): Promise<Cleaned>;
}
