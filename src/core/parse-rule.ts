import { CONDITION_TYPES } from './conditions/registry.js';
import type { Milliseconds } from './instant.js';
import type { Rule, RuleProblem } from './rule.js';
import { describe, isRecord, report, type ParseContext, type Shape } from './shape.js';

const DEEPEST = 12;
const MOST_NODES = 200;

export type ParsedRule = { ok: true; rule: Rule } | { ok: false; problems: RuleProblem[] };

/**
 * Reads a rule from JSON. Returns every problem at once, each with a JSON pointer and what would be right; never throws,
 * whatever the value. `retention` is how long events are kept, in ms: no window may be longer.
 */
export function parseRule(value: unknown, retention: Milliseconds, pointer = ''): ParsedRule {
  const context: ParseContext = { retention, problems: [], nodes: 0, depth: 0 };
  const isRight = aRule.check(value, pointer, context);
  return isRight ? { ok: true, rule: value } : { ok: false, problems: context.problems };
}

const KEYS = CONDITION_TYPES.map((type) => `"${type.key}"`).join(', ');

const aRule: Shape<Rule> = {
  expected: `a rule: an object with one of ${KEYS}`,
  check(value, pointer, context): value is Rule {
    if (!isRecord(value)) return report(context, pointer, `${describe(value)} is no rule`, aRule.expected);
    const types = CONDITION_TYPES.filter((type) => Object.hasOwn(value, type.key));
    if (types.length === 0) return report(context, pointer, 'no condition is named', aRule.expected);
    if (types.length > 1) {
      const keys = types.map((type) => `"${type.key}"`).join(' and ');
      return report(context, pointer, `${keys} stand in one object`, 'one condition an object; join several by "all"');
    }
    context.nodes += 1;
    if (context.nodes === MOST_NODES + 1)
      report(context, pointer, 'the rule is too large', `at most ${MOST_NODES} nodes`);
    if (context.nodes > MOST_NODES) return false;
    if (context.depth === DEEPEST) {
      return report(context, pointer, 'the rule is nested too deep', `at most ${DEEPEST} levels`);
    }
    context.depth += 1;
    const isRight = SHAPES.get(types[0]!.key)!.check(value, pointer, context);
    context.depth -= 1;
    return isRight;
  },
};

const SHAPES = new Map(CONDITION_TYPES.map((type) => [type.key, type.shape(aRule)]));
