import type { History } from '../history.js';
import type { AllRule, AnyRule, NotRule, Rule } from '../rule.js';
import { anObject, listOf } from '../shape.js';
import { allOf, anyOf, combine, negationOf, type Truth } from '../timeline.js';
import type { CompiledCondition, ConditionType } from './condition.js';

const MOST_PARTS = 100;

/** Every one of them. */
export const all: ConditionType<AllRule> = {
  key: 'all',
  shape: (aRule) =>
    anObject<AllRule>('an object {"all": [rules]}', { all: { shape: listOf(aRule, MOST_PARTS), isRequired: true } }),
  compile: (rule, compileChild) => compileCombination(rule.all.map(compileChild), 'all of', allOf),
  say: (rule, sayChild) => sayJoined(rule.all, 'and', sayChild),
};

/** At least one of them. */
export const any: ConditionType<AnyRule> = {
  key: 'any',
  shape: (aRule) =>
    anObject<AnyRule>('an object {"any": [rules]}', { any: { shape: listOf(aRule, MOST_PARTS), isRequired: true } }),
  compile: (rule, compileChild) => compileCombination(rule.any.map(compileChild), 'any of', anyOf),
  say: (rule, sayChild) => sayJoined(rule.any, 'or', sayChild),
};

/** The opposite; what is undetermined stays so. */
export const not: ConditionType<NotRule> = {
  key: 'not',
  shape: (aRule) => anObject<NotRule>('an object {"not": rule}', { not: { shape: aRule, isRequired: true } }),
  compile: (rule, compileChild) => compileCombination([compileChild(rule.not)], 'not', ([truth]) => negationOf(truth!)),
  say: (rule, sayChild) => `not (${sayChild(rule.not)})`,
};

function compileCombination(
  parts: readonly CompiledCondition[],
  words: string,
  fold: (truths: readonly Truth[]) => Truth,
): CompiledCondition {
  const timeline: CompiledCondition['timeline'] = (history: History, asOf) =>
    combine(
      parts.map((part) => part.timeline(history, asOf)),
      fold,
    );
  return {
    matchers: parts.flatMap((part) => part.matchers),
    lookback: Math.max(...parts.map((part) => part.lookback)),
    timeline,
    explain: (history, asOf) => {
      const [now, next] = timeline(history, asOf);
      return {
        condition: words,
        value: now!.truth,
        changesAt: next?.at ?? null,
        of: parts.map((part) => part.explain(history, asOf)),
      };
    },
  };
}

function sayJoined(rules: readonly Rule[], word: string, sayChild: (rule: Rule) => string): string {
  return rules.length === 1 ? sayChild(rules[0]!) : rules.map((rule) => `(${sayChild(rule)})`).join(` ${word} `);
}
