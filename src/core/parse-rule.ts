import { aFollowerStep } from './conditions/chain.js';
import { CONDITION_TYPES } from './conditions/registry.js';
import type { Milliseconds } from './instant.js';
import type { Rule, RuleProblem } from './rule.js';
import { describe, isRecord, ParseContext, report, type JsonSchema, type Shape } from './shape.js';

const DEEPEST = 12;

export type ParsedRule = { ok: true; rule: Rule } | { ok: false; problems: RuleProblem[] };

/**
 * Reads a rule from JSON. Returns every problem at once, each with a JSON pointer and what would be right; never throws,
 * whatever the value. `retention` is how long events are kept, in ms: no window may be longer.
 */
export function parseRule(value: unknown, retention: Milliseconds, pointer = ''): ParsedRule {
  const context = new ParseContext(retention);
  const isRight = aRule.check(value, pointer, context);
  return isRight ? { ok: true, rule: value as Rule } : { ok: false, problems: context.problems };
}

const KEYS = CONDITION_TYPES.map((type) => `"${type.key}"`).join(', ');

export const aRule: Shape<Rule> = {
  expected: `a rule: an object with one of ${KEYS}`,
  schema: { $ref: '#/$defs/rule' },
  check(value, pointer, context) {
    if (!isRecord(value)) return report(context, pointer, `${describe(value)} is no rule`, aRule.expected);
    const type = CONDITION_TYPES.find(({ key }) => Object.hasOwn(value, key));
    if (!type) return report(context, pointer, 'no condition is named', aRule.expected);
    const { shape, fields } = FORMS.get(type.key)!;
    const others = CONDITION_TYPES.filter(({ key }) => Object.hasOwn(value, key) && !Object.hasOwn(fields, key));
    if (others.length > 0) {
      const keys = [type, ...others].map(({ key }) => `"${key}"`).join(' and ');
      return report(context, pointer, `${keys} stand in one object`, 'one condition an object; join several by "all"');
    }
    if (!context.countNodes(1, pointer)) return false;
    if (context.depth === DEEPEST) {
      return report(context, pointer, 'the rule is nested too deep', `at most ${DEEPEST} levels`);
    }
    context.depth += 1;
    const isRight = shape.check(value, pointer, context);
    context.depth -= 1;
    return isRight;
  },
};

const FORMS = new Map(
  CONDITION_TYPES.map((type) => {
    const shape = type.shape(aRule);
    return [type.key, { shape, fields: shape.schema.properties as object }];
  }),
);

/** The rule language as JSON Schema, from the very forms that rules are checked by; some limits only these know. */
export function ruleSchema(): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A rule of Turnout',
    $ref: '#/$defs/rule',
    $defs: {
      rule: { anyOf: [...FORMS.values()].map(({ shape }) => shape.schema) },
      followerStep: aFollowerStep.schema,
    },
  };
}
