import { toIso, type Instant } from '../core/instant.js';
import { showBecause, type ShownBecause } from '../core/simulate.js';
import type { Decision, Freshness } from './decision.js';

/** A decision as it is answered: small and flat, so that a journey can store each field as an attribute. */
export interface DecisionAnswer {
  decision_id: string | null;
  journey: string;
  branch_point: string;
  /** The exit to take; null while the decision is open. */
  branch: string | null;
  /** OpenFeature's names for the same. */
  value: string | null;
  variant: string | null;
  /** Whether a branch's rule was true, for a branch that only asks yes or no; null while the decision is open. */
  matched: boolean | null;
  status: 'decided' | 'pending' | 'held' | 'error';
  /** OpenFeature's reasons, and `PENDING`. */
  reason: string;
  /** The reason of a decision that is answered again; absent otherwise. */
  first_reason?: string;
  /** OpenFeature's, and `PROFILE_UNKNOWN`, `DEGRADED`, `CONFLICT`; absent where nothing is wrong. */
  error_code?: string;
  error_message?: string;
  as_of: string;
  settles_at: string | null;
  changes_at: string | null;
  journey_version: number | null;
}

/** An answer with its reasons, for people. */
export interface ExplainedAnswer extends DecisionAnswer {
  because: { branch: string; because: ShownBecause }[];
  /** Of the sources that the branch point needs. */
  freshness: ShownFreshness[];
}

/** How fresh a source was, in an answer. */
export interface ShownFreshness {
  source: string;
  heardAt: string | null;
  isStale: boolean;
}

/** `isCached`: it was given before, for the same run or request. `isLogged`: it can be found again by its id. */
export function answerOf(decision: Decision, { isCached = false, isLogged = true } = {}): DecisionAnswer {
  const { branch, reason, errorCode } = decision;
  return {
    decision_id: isLogged ? decision.id : null,
    journey: decision.journey,
    branch_point: decision.branchPoint,
    branch,
    value: branch,
    variant: branch,
    matched: branch === null ? null : decision.matched !== null,
    status: statusOf(decision),
    reason: isCached ? 'CACHED' : reason,
    ...(isCached && { first_reason: reason }),
    ...(errorCode !== null && { error_code: errorCode }),
    as_of: toIso(decision.asOf),
    settles_at: isoOrNull(decision.settlesAt),
    changes_at: isoOrNull(decision.changesAt),
    journey_version: decision.journeyVersion,
  };
}

export function explainedAnswerOf(
  decision: Decision,
  how: { isCached?: boolean; isLogged?: boolean },
): ExplainedAnswer {
  const because = decision.because.map((one) => ({ branch: one.branch, because: showBecause(one.because) }));
  return { ...answerOf(decision, how), because, freshness: shownFreshness(decision.freshness) };
}

export function shownFreshness(freshness: readonly Freshness[]): ShownFreshness[] {
  return freshness.map((one) => ({ ...one, heardAt: isoOrNull(one.heardAt) }));
}

export function statusOf({ branch, reason }: Pick<Decision, 'branch' | 'reason'>): DecisionAnswer['status'] {
  if (branch !== null) return 'decided';
  return reason === 'STALE' ? 'held' : 'pending';
}

export function isoOrNull(at: Instant | null): string | null {
  return at === null ? null : toIso(at);
}

const text = { type: 'string' };
const orNull = { type: 'string', nullable: true };

/** The form of an answer, from which its serialiser is compiled. */
export const ANSWER_SCHEMA = {
  type: 'object',
  properties: {
    decision_id: orNull,
    journey: text,
    branch_point: text,
    branch: orNull,
    value: orNull,
    variant: orNull,
    matched: { type: 'boolean', nullable: true },
    status: text,
    reason: text,
    first_reason: text,
    error_code: text,
    error_message: text,
    as_of: text,
    settles_at: orNull,
    changes_at: orNull,
    journey_version: { type: 'integer', nullable: true },
    because: { type: 'array', items: { type: 'object', additionalProperties: true } },
    freshness: { type: 'array', items: { type: 'object', additionalProperties: true } },
  },
};
