import type { CompiledCondition } from './conditions/condition.js';
import { conditionTypeOf } from './conditions/registry.js';
import type { Milliseconds } from './instant.js';
import { eventNamesOf, type Matcher } from './matcher.js';
import type { Rule } from './rule.js';

/** A rule ready to be evaluated, and what history that takes. */
export interface Plan {
  condition: CompiledCondition;
  /** Distinct by key. */
  matchers: readonly Matcher[];
  /** Names of the events that the rule can depend on. */
  eventNames: ReadonlySet<string>;
  /** How far back before `asOf` an event can still matter, in ms; `Infinity` where a window is missing. */
  lookback: Milliseconds;
  /** The rule in a marketer's words. */
  sentence: string;
}

/** Compiles a checked rule. */
export function compileRule(rule: Rule): Plan {
  const condition = compileNode(rule);
  const matchers = [...new Map(condition.matchers.map((matcher) => [matcher.key, matcher])).values()];
  return {
    condition,
    matchers,
    eventNames: new Set(matchers.flatMap(eventNamesOf)),
    lookback: condition.lookback,
    sentence: say(rule),
  };
}

/** The events that some plans together can depend on: all of these names, and how far back before `asOf`, in ms. */
export function historyNeeded(plans: readonly Plan[]): { names: string[]; lookback: Milliseconds } {
  return {
    names: [...new Set(plans.flatMap((plan) => [...plan.eventNames]))],
    lookback: Math.max(0, ...plans.map((plan) => plan.lookback)),
  };
}

function compileNode(rule: Rule): CompiledCondition {
  return conditionTypeOf(rule).compile(rule, compileNode);
}

function say(rule: Rule): string {
  return conditionTypeOf(rule).say(rule, say);
}
