import type { Transaction } from '../platform/database.js';

/** A profile that has become part of another. */
export interface ProfileMerge {
  merged: number;
  into: number;
}

/** A merge that was made, and how the two were known before. */
export interface FollowedMerge extends ProfileMerge {
  /** One identifier of each kind that led to the merged profile, by kind. */
  address: Readonly<Record<string, string>>;
  /** Those of the other one. */
  addressBefore: Readonly<Record<string, string>>;
}

/** What follows from merges, done by those who know: a port, since profiles know nothing of memberships and destinations. */
export abstract class MergeFollower {
  /**
   * Ends the memberships of merged profiles and brings those of the others up to date, in the transaction of the merges.
   * Returns the destinations that are owed something new.
   */
  abstract follow(tx: Transaction, merges: readonly FollowedMerge[]): Promise<string[]>;
}
