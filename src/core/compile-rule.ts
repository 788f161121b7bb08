import type { CompiledCondition, CompileContext } from './conditions/condition.js';
import { conditionTypeOf } from './conditions/registry.js';
import type { Milliseconds } from './instant.js';
import { eventNamesOf, type Matcher } from './matcher.js';
import type { SegmentRules } from './references.js';
import type { EventName, Rule } from './rule.js';

/** A rule ready to be evaluated, and what history that takes. */
export interface Plan {
  condition: CompiledCondition;
  /** Distinct by key. */
  matchers: readonly Matcher[];
  /** Names of the events that the rule can depend on, or how they begin; distinct. */
  eventNames: readonly EventName[];
  /** How far back before `asOf` an event can still matter, in ms; `Infinity` where a window is missing. */
  lookback: Milliseconds;
  /** The rule in a marketer's words. */
  sentence: string;
}

/**
 * Compiles checked rules. Equal conditions become one, so that several rules share what is worked out about a history;
 * `segments` are the rules that they may name.
 */
export class RuleCompiler {
  private readonly conditions = new Map<string, CompiledCondition>();
  private readonly context: CompileContext;

  constructor(segments: SegmentRules = new Map()) {
    this.context = {
      compile: (rule) => this.compile(rule),
      segment: (key) => this.compile(segments.get(key)!),
    };
  }

  plan(rule: Rule): Plan {
    const condition = this.compile(rule);
    const matchers = [...new Map(condition.matchers.map((matcher) => [matcher.key, matcher])).values()];
    const names = matchers.flatMap(eventNamesOf);
    return {
      condition,
      matchers,
      eventNames: [...new Map(names.map((name) => [JSON.stringify(name), name])).values()],
      lookback: condition.lookback,
      sentence: say(rule),
    };
  }

  private compile(rule: Rule): CompiledCondition {
    const key = JSON.stringify(rule);
    const known = this.conditions.get(key);
    if (known) return known;
    const condition = conditionTypeOf(rule).compile(rule, this.context);
    this.conditions.set(key, condition);
    return condition;
  }
}

/** Compiles one checked rule; `segments` are the rules that it may name. */
export function compileRule(rule: Rule, segments?: SegmentRules): Plan {
  return new RuleCompiler(segments).plan(rule);
}

/** Events of a name that something can depend on, and how far back before `asOf`, in ms. */
export interface EventNeed {
  name: EventName;
  lookback: Milliseconds;
}

/** The events that some plans together can depend on; each name once. */
export function historyNeeded(plans: readonly Plan[]): EventNeed[] {
  return needsTogether(
    plans.flatMap(({ eventNames, lookback }) => eventNames.map((name): EventNeed => ({ name, lookback }))),
  );
}

/** Each name once, as far back as any of the needs asks for it. */
export function needsTogether(needs: readonly EventNeed[]): EventNeed[] {
  const furthest = new Map<string, EventNeed>();
  for (const need of needs) {
    const key = typeof need.name === 'string' ? need.name : JSON.stringify(need.name);
    const known = furthest.get(key);
    if (!known || known.lookback < need.lookback) furthest.set(key, need);
  }
  return [...furthest.values()];
}

/** A rule in a marketer's words. */
export function say(rule: Rule): string {
  return conditionTypeOf(rule).say(rule, say);
}
