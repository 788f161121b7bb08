import { Injectable } from '@nestjs/common';
import { noteChange } from '../platform/audit/changes.js';
import type { Transaction } from '../platform/database.js';
import { Problem } from '../platform/problem.js';
import { wrongRule } from './checked-rule.js';
import { PushTargets } from './push-targets.js';
import type { SegmentPush } from './segment.entities.js';
import { SegmentStore, type NewVersion, type Published } from './segment-store.js';

/** Brings rules into force, or says why not. */
@Injectable()
export class SegmentPublisher {
  constructor(
    private readonly segments: SegmentStore,
    private readonly targets: PushTargets,
  ) {}

  /** Publishes a segment's next version. Throws a problem where it can't be; the caller's transaction is then undone. */
  async publish(tx: Transaction, segment: NewVersion): Promise<Published> {
    const result = await this.segments.publish(tx, segment);
    // After the catalogue's lock is taken: no destination can go meanwhile.
    await this.checkTargets(tx, segment);
    if ('takenBy' in result) throw taken(result);
    if ('problems' in result) throw wrongRule(result.problems);
    await this.targets.prepare(tx, segment.push);
    noteChange({ version: result.version });
    return result;
  }

  /** Throws a problem where a segment could not be published as things are. */
  async check(tx: Transaction, segment: NewVersion): Promise<void> {
    await this.checkTargets(tx, segment);
    const refusal = await this.segments.refusalOf(tx, segment);
    if (refusal === undefined) return;
    throw 'takenBy' in refusal ? taken(refusal) : wrongRule(refusal.problems);
  }

  private async checkTargets(tx: Transaction, { push }: NewVersion): Promise<void> {
    const problems = await this.targets.problemsOf(tx, push);
    if (problems.length > 0) throw Problem.badRequest('The segment can not be pushed like that.', problems);
  }
}

function taken({ takenBy, push }: { takenBy: string; push: SegmentPush }): Problem {
  return Problem.conflict(
    `Segment ${push.segmentId} of "${push.destination}" already belongs to "${takenBy}"; each has one owner.`,
  );
}
