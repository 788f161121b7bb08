import { Injectable } from '@nestjs/common';
import type { Transaction } from '../platform/database.js';
import { Problem } from '../platform/problem.js';
import { wrongRule } from './checked-rule.js';
import { SegmentStore, type NewVersion } from './segment-store.js';

/** Brings rules into force, or says why not. */
@Injectable()
export class SegmentPublisher {
  constructor(private readonly segments: SegmentStore) {}

  /** Publishes a segment's next version. Throws a problem where it can't be; the caller's transaction is then undone. */
  async publish(tx: Transaction, segment: NewVersion): Promise<{ version: number; isNew: boolean }> {
    const result = await this.segments.publish(tx, segment);
    if ('takenBy' in result) throw taken(result.takenBy, segment);
    if ('problems' in result) throw wrongRule(result.problems);
    return result;
  }

  /** Throws a problem where a segment could not be published as things are. */
  async check(tx: Transaction, segment: NewVersion): Promise<void> {
    const refusal = await this.segments.refusalOf(tx, segment);
    if (refusal === undefined) return;
    throw 'takenBy' in refusal ? taken(refusal.takenBy, segment) : wrongRule(refusal.problems);
  }
}

function taken(owner: string, { push }: NewVersion): Problem {
  return Problem.conflict(
    `Segment ${push!.segmentId} in Customer.io already belongs to "${owner}"; each has one owner.`,
  );
}
