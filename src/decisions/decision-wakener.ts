import { Injectable } from '@nestjs/common';
import type { Instant } from '../core/instant.js';
import { EvaluationFollowers } from '../memberships/evaluation-followers.js';
import { answersOf, type Transaction } from '../platform/database.js';
import { DecisionStore } from './decision-store.js';
import { ReviewStore } from './review-store.js';

/** An event about a profile has its decisions looked at again: the open ones may be settled by it, others may not hold. */
@Injectable()
export class DecisionWakener extends EvaluationFollowers {
  constructor(
    private readonly decisions: DecisionStore,
    private readonly reviews: ReviewStore,
  ) {
    super();
  }

  override async afterEvaluation(tx: Transaction, profileIds: readonly number[], at: Instant): Promise<void> {
    await answersOf(this.decisions.wake(tx, profileIds, at), this.reviews.mark(tx, profileIds, at));
  }
}
