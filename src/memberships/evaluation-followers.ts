import type { Instant } from '../core/instant.js';
import type { Transaction } from '../platform/database.js';

/** Whoever must know that something about profiles is new: a port, since memberships know nothing of decisions. */
export abstract class EvaluationFollowers {
  /** Called in the transaction in which some profiles were brought up to date, at its instant. */
  abstract afterEvaluation(tx: Transaction, profileIds: readonly number[], at: Instant): Promise<void>;
}
