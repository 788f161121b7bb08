import type { Choice } from '../core/decide.js';
import { toIso, type Instant } from '../core/instant.js';

/** Why a decision was taken: each branch that was looked at, in order. */
export type DecisionBecause = Choice['because'];

/** A branch decision, whole. */
export interface Decision {
  id: string;
  /** Null when the identifiers led to nobody. */
  profileId: number | null;
  journey: string;
  journeyVersion: number;
  branchPoint: string;
  branch: string | null;
  reason: Choice['reason'];
  asOf: Instant;
  settlesAt: Instant | null;
  changesAt: Instant | null;
  revision: number;
  because: DecisionBecause;
}

/** A decision as it is answered: small and flat, so that a journey can store each field as an attribute. */
export interface DecisionAnswer {
  decision_id: string;
  journey: string;
  branch_point: string;
  /** Null while pending. */
  branch: string | null;
  status: 'decided' | 'pending';
  reason: string;
  /** `PROFILE_UNKNOWN` where the identifiers lead to nobody, else absent. */
  error_code?: string;
  as_of: string;
  settles_at: string | null;
  changes_at: string | null;
  journey_version: number;
}

export function answerOf(decision: Decision): DecisionAnswer {
  return {
    decision_id: decision.id,
    journey: decision.journey,
    branch_point: decision.branchPoint,
    branch: decision.branch,
    status: decision.branch === null ? 'pending' : 'decided',
    reason: decision.reason,
    ...(decision.profileId === null && { error_code: 'PROFILE_UNKNOWN' }),
    as_of: toIso(decision.asOf),
    settles_at: decision.settlesAt === null ? null : toIso(decision.settlesAt),
    changes_at: decision.changesAt === null ? null : toIso(decision.changesAt),
    journey_version: decision.journeyVersion,
  };
}
