import { placesIn } from '../core/allocation.js';
import {
  aBoolean,
  aDuration,
  anObject,
  aPercentage,
  aRecordOf,
  aText,
  eitherOf,
  isRecord,
  listOf,
  oneOf,
  refined,
  report,
  textThat,
  type Shape,
} from '../core/shape.js';
import { KEY } from '../platform/key.js';
import type {
  BranchDefinition,
  BranchPointDefinition,
  ChosenBranch,
  HoldoutDefinition,
  JourneyDefinition,
  SplitDefinition,
} from './journey.js';

const aKey = textThat('a key: a-z, 0-9, ".", "_" and "-", at most 100 characters', (text) => KEY.test(text));

const aShare = refined(
  aPercentage,
  (value, pointer, context) =>
    (value > 0 && placesIn(value) / 1_000 === value) ||
    report(context, pointer, `${value} is not allowed here`, 'a number above 0, with at most three decimals'),
);

const aSplit = anObject<SplitDefinition>('an object such as {"arms": [{"key": "a", "percentage": 50}]}', {
  arms: {
    shape: listOf(
      anObject<SplitDefinition['arms'][number]>('an arm such as {"key": "a", "percentage": 50}', {
        key: { shape: aKey, isRequired: true },
        percentage: { shape: aShare, isRequired: true },
      }),
      20,
    ),
    isRequired: true,
  },
  seed: { shape: aText },
});

/** A rule is looked into once it is known which segments there are. */
const someRule: Shape<unknown> = {
  expected: 'a rule, such as {"performed": "click", "within": "30d"}',
  schema: { type: 'object', description: 'A rule; see docs/rules.md' },
  check: (value, pointer, context) => isRecord(value) || report(context, pointer, 'it is no rule', someRule.expected),
};

const aBranch = anObject<BranchDefinition>('a branch such as {"key": "vip", "segment": "vip"}', {
  key: { shape: aKey, isRequired: true },
  rule: { shape: someRule },
  segment: { shape: aText },
  split: { shape: aSplit },
});

const aChosenBranch = anObject<ChosenBranch>('{"branch": "its key"}', { branch: { shape: aKey, isRequired: true } });

function aFallback<T extends string>(...words: T[]): Shape<T | ChosenBranch> {
  const expected = `${words.map((word) => `"${word}"`).join(', ')}, or {"branch": "its key"}`;
  return eitherOf<T | ChosenBranch>(expected, oneOf(...words) as Shape<never>, aChosenBranch as Shape<never>);
}

/** The form of a branch point; what it names is checked elsewhere. */
export const aBranchPoint = anObject<BranchPointDefinition>('a branch point: {"branches": […], "default": "a key"}', {
  branches: { shape: listOf(aBranch, 50), isRequired: true },
  default: { shape: aKey, isRequired: true },
  whenPending: { shape: oneOf('wait', 'noMatch') },
  whenStale: {
    shape: anObject<NonNullable<BranchPointDefinition['whenStale']>>(
      'an object such as {"limits": {"shopify": "6h"}, "then": "hold"}',
      {
        limits: { shape: aRecordOf(aDuration, 20, 'the key of a source'), isRequired: true },
        then: { shape: oneOf('hold', 'default') },
      },
    ),
  },
  whenUnknown: { shape: aFallback('default', 'evaluate') },
  whenDegraded: { shape: aFallback('default', 'refuse') },
  push: { shape: aBoolean },
});

export const aHoldout = anObject<HoldoutDefinition>('an object such as {"percentage": 10}', {
  percentage: { shape: aShare, isRequired: true },
  seed: { shape: aText },
  branch: { shape: aKey },
});

const MOST_POINTS = 100;

/** Branch points one by one, so that what one of them names is checked though another is malformed. */
export const someBranchPoints: Shape<Record<string, unknown>> = {
  expected: `an object of 1 to ${MOST_POINTS} entries: a key → ${aBranchPoint.expected}`,
  schema: { type: 'object', additionalProperties: aBranchPoint.schema, minProperties: 1, maxProperties: MOST_POINTS },
  check(value, pointer, context) {
    const number = isRecord(value) ? Object.keys(value).length : 0;
    return (number > 0 && number <= MOST_POINTS) || report(context, pointer, 'not allowed here', this.expected);
  },
};

/** The form of a journey around its branch points. */
export const aJourney = anObject<Omit<JourneyDefinition, 'branchPoints'> & { branchPoints: Record<string, unknown> }>(
  'an object {"branchPoints": {…}}',
  { branchPoints: { shape: someBranchPoints, isRequired: true }, holdout: { shape: aHoldout } },
);
