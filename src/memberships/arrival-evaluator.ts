import { Injectable, Logger } from '@nestjs/common';
import { presentOf } from '../platform/catalogue-revision.js';
import { answersOf, prepared, query, type Transaction } from '../platform/database.js';
import { ArrivalEvaluation, type EvaluatedArrivals } from '../profiles/arrival-evaluation.js';
import type { DueProfile } from '../profiles/due-profile.js';
import { leaveDue } from '../profiles/profile-timers.js';
import { MembershipEvaluator } from './evaluator.js';

/**
 * Evaluates profiles in the transaction that stores their events, so that nobody has to come back for them. Those that a
 * change of rules has not reached, those whose event is still ahead, and all of them should the evaluation fail, stay due
 * for the sweep, as they would without this.
 */
@Injectable()
export class ArrivalEvaluator extends ArrivalEvaluation {
  private readonly logger = new Logger(ArrivalEvaluator.name);

  constructor(private readonly evaluator: MembershipEvaluator) {
    super();
  }

  override async evaluate(tx: Transaction, profiles: readonly DueProfile[]): Promise<EvaluatedArrivals> {
    if (profiles.length === 0) return { lanesDue: [], owedTo: [] };
    const [present] = await answersOf(presentOf(tx), prepared(tx, 'savepoint_arrival', 'SAVEPOINT arrival', []));
    const isReady = ({ dueAt, evaluatedRevision }: DueProfile): boolean =>
      dueAt <= present.now && (evaluatedRevision >= present.rulesRevision || evaluatedRevision === 0);
    const left = profiles.filter((profile) => !isReady(profile));
    try {
      const { owedTo } = await this.evaluator.bringUpToDate(tx, profiles.filter(isReady), present);
      await leaveDue(tx, left);
      return { lanesDue: lanesOf(left), owedTo };
    } catch (error) {
      await query(tx, 'ROLLBACK TO SAVEPOINT arrival');
      await leaveDue(tx, profiles);
      this.logger.error({
        msg: 'profiles could not be evaluated as their events came; the sweep will try',
        err: error,
      });
      return { lanesDue: lanesOf(profiles), owedTo: [] };
    }
  }
}

function lanesOf(profiles: readonly DueProfile[]): number[] {
  return [...new Set(profiles.map((profile) => profile.lane))];
}
