import type { Transaction } from '../platform/database.js';
import type { DueProfile } from './due-profile.js';

/** What came of evaluating profiles as soon as their events were stored. */
export interface EvaluatedArrivals {
  /** Lanes in which profiles are left due, for the sweep. */
  lanesDue: number[];
  /** Destinations that are owed something new. */
  owedTo: string[];
}

/**
 * What profiles ask for when events have come: that memberships follow in the same transaction, where that is quickly
 * done. A port: memberships are not the profiles' business.
 */
export abstract class ArrivalEvaluation {
  /**
   * Of profiles with new events, which the transaction holds; afterwards they are written down, be it as due. Never fails for
   * a reason that is not the database's.
   */
  abstract evaluate(tx: Transaction, profiles: readonly DueProfile[]): Promise<EvaluatedArrivals>;
}
