import type { AllRule, AnyRule, AtLeastRule, NotRule, Rule } from '../rule.js';
import { aNumberOfTimes, anObject, listOf, refined, report } from '../shape.js';
import { isWorthGoingOn, type Verdict } from '../timeline.js';
import { judgeCount, negationOf, type PartCounts, type Truth } from '../truth.js';
import { orNull, type CompiledCondition, type ConditionType } from './condition.js';

const MOST_PARTS = 100;

type Fold = (verdicts: readonly Verdict[]) => Truth;

/** Every one of them. */
export const all: ConditionType<AllRule> = {
  key: 'all',
  shape: (aRule) =>
    anObject<AllRule>('an object {"all": [rules]}', { all: { shape: listOf(aRule, MOST_PARTS), isRequired: true } }),
  compile: (rule, { compile }) => {
    const bounds = { least: rule.all.length, most: Infinity };
    return combination(rule.all.map(compile), 'all of', (verdicts) => judgeCount(countsOf(verdicts), bounds));
  },
  say: (rule, sayChild) => sayJoined(rule.all, 'and', sayChild),
  children: (rule) => rule.all.map((child, index) => ({ at: ['all', index], rule: child })),
};

/** At least one of them. */
export const any: ConditionType<AnyRule> = {
  key: 'any',
  shape: (aRule) =>
    anObject<AnyRule>('an object {"any": [rules]}', { any: { shape: listOf(aRule, MOST_PARTS), isRequired: true } }),
  compile: (rule, { compile }) => {
    const bounds = { least: 1, most: Infinity };
    return combination(rule.any.map(compile), 'any of', (verdicts) => judgeCount(countsOf(verdicts), bounds));
  },
  say: (rule, sayChild) => sayJoined(rule.any, 'or', sayChild),
  children: (rule) => rule.any.map((child, index) => ({ at: ['any', index], rule: child })),
};

/** At least so many of them. */
export const atLeast: ConditionType<AtLeastRule> = {
  key: 'atLeast',
  shape: (aRule) =>
    refined(
      anObject<AtLeastRule>('an object {"atLeast": 2, "of": [rules]}', {
        atLeast: { shape: aNumberOfTimes, isRequired: true },
        of: { shape: listOf(aRule, MOST_PARTS), isRequired: true },
      }),
      (rule, pointer, context) => {
        const isPossible = rule.atLeast >= 1 && rule.atLeast <= rule.of.length;
        const expected = `a number from 1 to ${rule.of.length}`;
        return isPossible || report(context, `${pointer}/atLeast`, `there are ${rule.of.length} rules`, expected);
      },
    ),
  compile: (rule, { compile }) => {
    const bounds = { least: rule.atLeast, most: Infinity };
    const words = `at least ${rule.atLeast} of`;
    return combination(rule.of.map(compile), words, (verdicts) => judgeCount(countsOf(verdicts), bounds));
  },
  say: (rule, sayChild) => `at least ${rule.atLeast} of: ${rule.of.map((child) => `(${sayChild(child)})`).join(', ')}`,
  children: (rule) => rule.of.map((child, index) => ({ at: ['of', index], rule: child })),
};

/** The opposite; what is undetermined stays so. */
export const not: ConditionType<NotRule> = {
  key: 'not',
  shape: (aRule) => anObject<NotRule>('an object {"not": rule}', { not: { shape: aRule, isRequired: true } }),
  compile: (rule, { compile }) => combination([compile(rule.not)], 'not', ([verdict]) => negationOf(verdict!.truth)),
  say: (rule, sayChild) => `not (${sayChild(rule.not)})`,
  children: (rule) => [{ at: ['not'], rule: rule.not }],
};

function countsOf(verdicts: readonly Verdict[]): PartCounts {
  const counts = { true: 0, false: 0, pending: 0, insufficient: 0 };
  for (const { truth } of verdicts) counts[truth] += 1;
  return counts;
}

function combination(parts: readonly CompiledCondition[], words: string, fold: Fold): CompiledCondition {
  const judge: CompiledCondition['judge'] = (history, asOf) => {
    const verdicts = parts.map((part) => part.judge(history, asOf));
    const truth = fold(verdicts);
    // What a part's change changes nothing about is passed over, up to the first change of the whole.
    let at = nextChange(verdicts);
    for (let steps = 0; isWorthGoingOn(steps, asOf, at); steps++) {
      for (let i = 0; i < parts.length; i++) {
        if (verdicts[i]!.until <= at) verdicts[i] = parts[i]!.judge(history, at);
      }
      if (fold(verdicts) !== truth) break;
      at = nextChange(verdicts);
    }
    return { truth, until: at };
  };
  return {
    matchers: parts.flatMap((part) => part.matchers),
    lookback: Math.max(...parts.map((part) => part.lookback)),
    judge,
    explain: (history, asOf) => {
      const { truth, until } = judge(history, asOf);
      return {
        condition: words,
        value: truth,
        changesAt: orNull(until),
        of: parts.map((part) => part.explain(history, asOf)),
      };
    },
  };
}

function nextChange(verdicts: readonly Verdict[]): number {
  let first = Infinity;
  for (const { until } of verdicts) if (until < first) first = until;
  return first;
}

function sayJoined(rules: readonly Rule[], word: string, sayChild: (rule: Rule) => string): string {
  return rules.length === 1 ? sayChild(rules[0]!) : rules.map((rule) => `(${sayChild(rule)})`).join(` ${word} `);
}
