import type { BucketRule, EveryoneRule } from '../rule.js';
import { anObject, aPercentage, aText, exactly, refined, report } from '../shape.js';
import { stablePlace } from '../stable-place.js';
import { leaf, type CompiledCondition, type ConditionType } from './condition.js';
import type { History } from '../history.js';

/** Everybody, whatever they did. */
export const everyone: ConditionType<EveryoneRule> = {
  key: 'everyone',
  shape: () =>
    anObject<EveryoneRule>('an object {"everyone": true}', { everyone: { shape: exactly(true), isRequired: true } }),
  compile: () => timeless('everyone', () => true),
  say: () => 'everyone',
};

/** A stable share of all profiles; a wider share with the same seed only adds some. */
export const bucket: ConditionType<BucketRule> = {
  key: 'bucket',
  shape: () =>
    anObject<BucketRule>('an object {"bucket": {"seed", "from", "to"}}', {
      bucket: { shape: aBucket, isRequired: true },
    }),
  compile: (rule) => {
    const { seed, from, to } = rule.bucket;
    return timeless(
      bucket.say(rule, () => ''),
      ({ profile }) => {
        const place = stablePlace(seed, profile);
        return from <= place && place < to;
      },
    );
  },
  say: ({ bucket: { seed, from, to } }) => `in the share from ${from}% to ${to}% of everyone, drawn by "${seed}"`,
};

const aBucket = refined(
  anObject<BucketRule['bucket']>('an object such as {"seed": "spring-test", "from": 0, "to": 50}', {
    seed: { shape: aText, isRequired: true },
    from: { shape: aPercentage, isRequired: true },
    to: { shape: aPercentage, isRequired: true },
  }),
  ({ from, to }, pointer, context) =>
    from < to || report(context, pointer, '"to" is not above "from"', 'a share that somebody is in'),
);

function timeless(sentence: string, holds: (history: History) => boolean): CompiledCondition {
  return leaf({
    sentence,
    matchers: [],
    lookback: 0,
    judge: (history) => ({ truth: holds(history) ? 'true' : 'false', until: Infinity }),
    evidence: () => [],
    missing: () => '',
  });
}
