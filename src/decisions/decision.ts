import type { ChoiceBecause, DecisionReason } from '../core/decide.js';
import type { Instant } from '../core/instant.js';

/** How fresh a source was that branches rest on. */
export interface Freshness {
  source: string;
  /** When it was last heard of; null: never. */
  heardAt: Instant | null;
  /** Whether that is longer ago than the branch point's limit for it, if it has one. */
  isStale: boolean;
}

/** A branch chosen, or not yet, and all that it rests on: enough to choose it again. */
export interface Judgement {
  /** Null while open. */
  branch: string | null;
  /** The branch whose rule was true, whatever arm of it was taken. */
  matched: string | null;
  reason: DecisionReason | 'ERROR';
  asOf: Instant;
  settlesAt: Instant | null;
  changesAt: Instant | null;
  revision: number;
  /** As which profile, which may have become part of another since; null where the identifiers led to nobody. */
  judgedAs: number | null;
  /** The newest of that profile's events that was known. */
  knownSeq: number;
  rulesDigest: string | null;
  factsDigest: string | null;
  /** Of the sources that the branch point needs. */
  freshness: readonly Freshness[];
  because: ChoiceBecause;
}

/** What a decision would be, knowing what came in after it. */
export interface Revision {
  branch: string | null;
  reason: DecisionReason;
  cause: 'late_event' | 'refund' | 'reclassification';
  /** The events that made the difference possible, newest first; a few. */
  evidence: string[];
  at: Instant;
}

/** A branch decision, whole. */
export interface Decision extends Judgement {
  id: string;
  /** Null when the identifiers led to nobody. */
  profileId: number | null;
  journey: string;
  journeyVersion: number;
  branchPoint: string;
  askedAt: Instant;
  runKey: string | null;
  /** What places somebody unknown in splits, where their branch was told by rules. */
  stranger: string | null;
  errorCode: string | null;
  /** What was answered first, where that was that one has to wait. */
  pended: Judgement | null;
  revised: Revision | null;
}

/** Whether a decision about somebody we know still waits to be settled. */
export function isOpen(decision: Pick<Decision, 'branch' | 'profileId'>): boolean {
  return decision.branch === null && decision.profileId !== null;
}
