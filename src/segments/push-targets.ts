import type { Transaction } from '../platform/database.js';
import type { ProblemEntry } from '../platform/problem.js';
import type { SegmentPush } from './segment.entities.js';

/** How a segment stands at a destination that has to be made to hold it. */
export interface PushStanding {
  destination: string;
  segmentId: string;
  /** Until it is `ready`, what is owed about it waits; when it `failed`, until a person acts. */
  state: 'pending' | 'ready' | 'failed';
  name: string;
  /** The destination's own id of it. */
  externalId: string | null;
  /** Whether we made it there, or took over another's. */
  origin: string | null;
  /** What keeps it from being ready, and what to do; or what is worth knowing of it. */
  problem: string | null;
  readyAt: Date | null;
}

/** Where segments can be pushed: a port, since segments know nothing of destinations. */
export abstract class PushTargets {
  /** What is wrong with the places that a segment is to be pushed to, by pointers into `push`. */
  abstract problemsOf(tx: Transaction, push: readonly SegmentPush[]): Promise<ProblemEntry[]>;

  /** Has the destinations made to hold a segment that is pushed there from now on. */
  abstract prepare(tx: Transaction, push: readonly SegmentPush[]): Promise<void>;

  /** What destinations say against what is pushed there, in words. It asks them, and so is no part of a transaction. */
  abstract warningsOf(push: readonly SegmentPush[]): Promise<string[]>;

  /** How far that is; of places that need nothing, nothing. */
  abstract standings(tx: Transaction, push: readonly SegmentPush[]): Promise<PushStanding[]>;
}
