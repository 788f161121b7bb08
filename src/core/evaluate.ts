import type { Plan } from './compile-rule.js';
import { orNull, settlesAt, type Because } from './conditions/condition.js';
import type { History } from './history.js';
import type { Instant } from './instant.js';
import type { Truth } from './truth.js';

/** What a rule says about a history as of one instant. */
export interface Evaluation {
  asOf: Instant;
  value: Truth;
  /** Membership needs `true`; what is undetermined is no member. */
  isMember: boolean;
  /** When an undetermined value will be known if no event comes; null where it is known, or time will not tell. */
  settlesAt: Instant | null;
  /** The earliest instant at which the value could change if no event comes; the value is constant until then. */
  nextChangeAt: Instant | null;
}

/** Evaluates a rule over a profile's whole history, as of one instant. The only judge of what a rule means. */
export function evaluate({ condition }: Plan, history: History, asOf: Instant): Evaluation {
  const { truth, until } = condition.judge(history, asOf);
  return {
    asOf,
    value: truth,
    isMember: truth === 'true',
    settlesAt: truth === 'true' || truth === 'false' ? null : settlesAt(condition, history, asOf),
    nextChangeAt: orNull(until),
  };
}

/** Why a rule says what it says, as a tree over its conditions. */
export function explain(plan: Plan, history: History, asOf: Instant): Because {
  return { ...plan.condition.explain(history, asOf), condition: plan.sentence };
}
