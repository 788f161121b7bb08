import type { Transaction } from '../platform/database.js';
import type { ProblemEntry } from '../platform/problem.js';
import type { SegmentPush } from './segment.entities.js';

/** Where segments can be pushed: a port, since segments know nothing of destinations. */
export abstract class PushTargets {
  /** What is wrong with the places that a segment is to be pushed to, by pointers into `push`. */
  abstract problemsOf(tx: Transaction, push: readonly SegmentPush[]): Promise<ProblemEntry[]>;
}
