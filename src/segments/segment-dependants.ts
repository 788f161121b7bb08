import type { Transaction } from '../platform/database.js';

/** Who needs a segment, said by those who do: a port, since segments know nothing of journeys. */
export abstract class SegmentDependants {
  /** What rests on the segment, in words such as `journey "welcome"`; empty when it may go. */
  abstract of(tx: Transaction, segmentKey: string): Promise<string[]>;
}
