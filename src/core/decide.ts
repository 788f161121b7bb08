import type { Plan } from './compile-rule.js';
import type { Because } from './conditions/condition.js';
import { evaluate, explain } from './evaluate.js';
import type { History } from './history.js';
import type { Instant } from './instant.js';

export interface PlannedBranch {
  key: string;
  plan: Plan;
}

/** A fork in a journey, ready to be decided. */
export interface PlannedBranchPoint {
  /** Asked in this order; the first that matches is taken. */
  branches: readonly PlannedBranch[];
  defaultBranch: string;
  /** Whether a branch that only time will decide is waited for, or counts as no match. */
  whenPending: 'wait' | 'noMatch';
}

/** OpenFeature's reasons, and `PENDING` for a decision that waits. */
export type DecisionReason = 'TARGETING_MATCH' | 'DEFAULT' | 'PENDING';

export interface Choice {
  /** Null while pending. */
  branch: string | null;
  reason: DecisionReason;
  settlesAt: Instant | null;
  /** The earliest instant at which the choice could change if no event came; early is possible, late is not. */
  changesAt: Instant | null;
  /** Each branch that was looked at, in order. */
  because: { branch: string; because: Because }[];
}

/** The first branch in order whose rule is true, else the default; a pending one stops the search if it is waited for. */
export function decide(point: PlannedBranchPoint, history: History, asOf: Instant): Choice {
  const because: Choice['because'] = [];
  let changesAt: Instant | null = null;
  for (const { key, plan } of point.branches) {
    const evaluation = evaluate(plan, history, asOf);
    because.push({ branch: key, because: explain(plan, history, asOf) });
    changesAt = earlier(changesAt, evaluation.nextChangeAt);
    if (evaluation.isMember) {
      return { branch: key, reason: 'TARGETING_MATCH', settlesAt: null, changesAt, because };
    }
    if (evaluation.value === 'pending' && point.whenPending === 'wait') {
      return { branch: null, reason: 'PENDING', settlesAt: evaluation.settlesAt, changesAt, because };
    }
  }
  return { branch: point.defaultBranch, reason: 'DEFAULT', settlesAt: null, changesAt, because };
}

function earlier(a: Instant | null, b: Instant | null): Instant | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}
