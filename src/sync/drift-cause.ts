/**
 * Why a destination holds something else than we do, as far as can be told from what it was sent and what it accepted.
 *
 * - `waiting`: what would make it right is still to be sent; `refused`: it was sent, and is a dead letter. Neither is
 *   drift, and neither is repaired.
 * - `account_changed`: it was told before the destination was used by another account, such as another workspace.
 * - `merged`: it was told before the profile was merged with another one.
 * - `removed_there`, `added_there`: it had accepted what we hold, so that somebody there changed it.
 * - `not_kept`: so it was at the last comparison, it accepted the repair, and still does not hold it. Who does not know
 *   a person passes over them without a word; or somebody undoes it each time.
 * - `erased`, `unknown`: people whom only the destination knows: those who were erased here, and others.
 */
export type DriftCause =
  | 'waiting'
  | 'refused'
  | 'account_changed'
  | 'merged'
  | 'removed_there'
  | 'added_there'
  | 'not_kept'
  | 'erased'
  | 'unknown';

/** Members whom the destination lacks, holds too much, or holds without our knowing them, for one cause. */
export interface Discrepancy {
  side: 'missing' | 'extra' | 'stranger';
  cause: DriftCause;
  profiles: number;
  /** Whether it was made due again; what only waits, or needs a person, is not. */
  isRepaired: boolean;
}

/** How many of a side were repaired. */
export function repaired(found: readonly Discrepancy[], side: Discrepancy['side']): number {
  return found.filter((one) => one.side === side && one.isRepaired).reduce((sum, one) => sum + one.profiles, 0);
}
