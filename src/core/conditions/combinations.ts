import type { History } from '../history.js';
import type { Instant } from '../instant.js';
import type { AllRule, AnyRule, AtLeastRule, NotRule, Rule } from '../rule.js';
import { aNumberOfTimes, anObject, listOf, refined, report } from '../shape.js';
import { isWorthGoingOn, type Verdict } from '../timeline.js';
import { judgeCount, negationOf, type Truth } from '../truth.js';
import { orNull, type CompiledCondition, type ConditionType } from './condition.js';

const MOST_PARTS = 100;

/** Every one of them. */
export const all: ConditionType<AllRule> = {
  key: 'all',
  shape: (aRule) =>
    anObject<AllRule>('an object {"all": [rules]}', { all: { shape: listOf(aRule, MOST_PARTS), isRequired: true } }),
  compile: (rule, { compile }) => combination(rule.all.map(compile), rule.all.length, 'all of'),
  say: (rule, sayChild) => sayJoined(rule.all, 'and', sayChild),
  children: (rule) => rule.all.map((child, index) => ({ at: ['all', index], rule: child })),
};

/** At least one of them. */
export const any: ConditionType<AnyRule> = {
  key: 'any',
  shape: (aRule) =>
    anObject<AnyRule>('an object {"any": [rules]}', { any: { shape: listOf(aRule, MOST_PARTS), isRequired: true } }),
  compile: (rule, { compile }) => combination(rule.any.map(compile), 1, 'any of'),
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
  compile: (rule, { compile }) => combination(rule.of.map(compile), rule.atLeast, `at least ${rule.atLeast} of`),
  say: (rule, sayChild) => `at least ${rule.atLeast} of: ${rule.of.map((child) => `(${sayChild(child)})`).join(', ')}`,
  children: (rule) => rule.of.map((child, index) => ({ at: ['of', index], rule: child })),
};

/** The opposite; what is undetermined stays so. */
export const not: ConditionType<NotRule> = {
  key: 'not',
  shape: (aRule) => anObject<NotRule>('an object {"not": rule}', { not: { shape: aRule, isRequired: true } }),
  compile: (rule, { compile }) => {
    const part = compile(rule.not);
    return joined([part], 'not', (history, asOf) => {
      const { truth, until } = part.judge(history, asOf);
      return { truth: negationOf(truth), until };
    });
  },
  say: (rule, sayChild) => `not (${sayChild(rule.not)})`,
  children: (rule) => [{ at: ['not'], rule: rule.not }],
};

/** Whether at least so many of some parts are true. */
function combination(parts: readonly CompiledCondition[], least: number, words: string): CompiledCondition {
  // True only if all parts are, or false only if all are: then every part's change is one of the whole.
  const isWholeOf = (truth: Truth): boolean =>
    (truth === 'true' && least === parts.length) || (truth === 'false' && least === 1);
  return joined(parts, words, (history, asOf) => {
    const together: Parts = { parts, least, verdicts: [], history };
    const verdict = judgeParts(together, asOf);
    const { truth, until } = verdict;
    if (until === Infinity || isWholeOf(truth)) return verdict;
    // What a part's change changes nothing about is passed over, up to the first change of the whole.
    let at = until;
    for (let steps = 0; isWorthGoingOn(steps, asOf, at); steps++) {
      const next = judgeParts(together, at);
      if (next.truth !== truth) break;
      at = next.until;
    }
    return { truth, until: at };
  });
}

interface Parts {
  parts: readonly CompiledCondition[];
  least: number;
  /** What the parts last said that did not decide, as of an earlier instant. */
  verdicts: (Verdict | undefined)[];
  history: History;
}

/** Looks at parts until those looked at decide, whatever the others say; it stays so until one of the deciding changes. */
function judgeParts({ parts, least, verdicts, history }: Parts, asOf: Instant): Verdict {
  let trues = 0;
  let trueUntil = Infinity;
  let falses = 0;
  let falseUntil = Infinity;
  let pending = 0;
  let openUntil = Infinity;
  for (let i = 0; i < parts.length; i++) {
    const known = verdicts[i];
    const verdict = known !== undefined && asOf < known.until ? known : parts[i]!.judge(history, asOf);
    const { truth, until } = verdict;
    if (truth === 'true') {
      trues += 1;
      trueUntil = Math.min(trueUntil, until);
      if (trues === least) return { truth, until: trueUntil };
    } else if (truth === 'false') {
      falses += 1;
      falseUntil = Math.min(falseUntil, until);
      if (falses > parts.length - least) return { truth, until: falseUntil };
    } else {
      if (truth === 'pending') pending += 1;
      openUntil = Math.min(openUntil, until);
    }
    verdicts[i] = verdict;
  }
  const counts = { true: trues, pending, insufficient: parts.length - trues - falses - pending };
  return { truth: judgeCount(counts, { least, most: Infinity }), until: Math.min(trueUntil, falseUntil, openUntil) };
}

/** A condition that is made of others. */
function joined(
  parts: readonly CompiledCondition[],
  words: string,
  judge: CompiledCondition['judge'],
): CompiledCondition {
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

function sayJoined(rules: readonly Rule[], word: string, sayChild: (rule: Rule) => string): string {
  return rules.length === 1 ? sayChild(rules[0]!) : rules.map((rule) => `(${sayChild(rule)})`).join(` ${word} `);
}
