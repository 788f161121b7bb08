import type { History } from '../history.js';
import type { Occurrence } from '../history-event.js';
import { parseDuration, type Instant, type Milliseconds } from '../instant.js';
import { compileMatcher } from '../matcher.js';
import type { Count, FollowerStep, PerformedRule } from '../rule.js';
import { aCount, aDuration, anObject, aText, listOf, refined, report, type Shape } from '../shape.js';
import { withoutRepeats, type Timeline, type Truth } from '../timeline.js';
import { MOST_EVIDENCE, type CompiledCondition, type ConditionType } from './condition.js';
import { saySelector, selectorFields } from './event-selector.js';
import { compileSequence, saySequence } from './sequence.js';
import { completeFrom, endOf, sayMissing, sayWindow } from './window.js';

const count: Shape<Count> = refined(
  anObject<Count>('an object with "atLeast", "atMost" or "exactly"', {
    atLeast: { shape: aCount },
    atMost: { shape: aCount },
    exactly: { shape: aCount },
  }),
  (value, pointer, context) => {
    const { atLeast, atMost, exactly } = value;
    if (exactly !== undefined) {
      const isAlone = atLeast === undefined && atMost === undefined;
      return isAlone || report(context, pointer, '"exactly" stands beside another bound', '"exactly" alone');
    }
    if (atLeast === undefined && atMost === undefined) {
      return report(context, pointer, 'no bound is given', '"atLeast", "atMost" or "exactly"');
    }
    const isPossible = (atLeast ?? 0) <= (atMost ?? Infinity);
    return isPossible || report(context, pointer, '"atLeast" is above "atMost"', 'bounds that some number keeps');
  },
);

const followerStep: Shape<FollowerStep> = anObject<FollowerStep>(
  'the event to look for, as in {"performed": "purchase"}',
  {
    ...selectorFields,
    within: { shape: aDuration },
    same: { shape: listOf(aText, 10) },
  },
);

const shape: Shape<PerformedRule> = refined(
  anObject<PerformedRule>('a condition on events', {
    ...selectorFields,
    within: { shape: aDuration },
    count: { shape: count },
    followedBy: { shape: followerStep },
    notFollowedBy: { shape: followerStep },
  }),
  (rule, pointer, context) => {
    const given = (['count', 'followedBy', 'notFollowedBy'] as const).filter((name) => rule[name] !== undefined);
    if (given.length <= 1) return true;
    const names = given.map((name) => `"${name}"`).join(' and ');
    return report(context, pointer, `${names} can't stand together`, 'one of them; join several conditions by "all"');
  },
);

/** Did it, so many times, in the window; alone, or followed or not followed by something else. */
export const performed: ConditionType<PerformedRule> = {
  key: 'performed',
  shape: () => shape,
  compile: (rule) => (rule.followedBy || rule.notFollowedBy ? compileSequence(rule) : compileCount(rule)),
  say: (rule) => (rule.followedBy || rule.notFollowedBy ? saySequence(rule) : sayCount(rule)),
};

interface Bounds {
  least: number;
  most: number;
}

/** Counts distinct events whose properties all match on that same event; "at least 1" unless the rule says otherwise. */
function compileCount(rule: PerformedRule): CompiledCondition {
  const matcher = compileMatcher(rule);
  const window = parseDuration(rule.within) ?? Infinity;
  const bounds = boundsOf(rule.count);
  const sentence = sayCount(rule);

  const timeline = (history: History, asOf: Instant): Timeline => {
    const complete = completeFrom(history, matcher.eventName, window);
    return countTimeline(history.occurrencesOf(matcher), { window, bounds, complete, asOf });
  };

  return {
    matchers: [matcher],
    lookback: window,
    timeline,
    explain: (history, asOf) => {
      const [now, next] = timeline(history, asOf);
      const counted = history.occurrencesOf(matcher).filter((one) => one.at <= asOf && asOf < endOf(one, window));
      return {
        condition: sentence,
        value: now!.truth,
        changesAt: next?.at ?? null,
        evidence: counted
          .slice(-MOST_EVIDENCE)
          .reverse()
          .map((one) => one.event.id),
        ...(now!.truth === 'insufficient' && { missing: sayMissing(history, matcher.eventName) }),
      };
    },
  };
}

interface CountQuestion {
  window: Milliseconds;
  bounds: Bounds;
  complete: Instant;
  asOf: Instant;
}

function countTimeline(occurrences: readonly Occurrence[], question: CountQuestion): Timeline {
  const { window, bounds, complete, asOf } = question;
  let counted = 0;
  const changes: { at: Instant; by: number }[] = [];
  for (const occurrence of occurrences) {
    const end = endOf(occurrence, window);
    if (end <= Math.max(asOf, occurrence.at)) continue;
    if (occurrence.at <= asOf) counted += 1;
    else changes.push({ at: occurrence.at, by: 1 });
    if (end !== Infinity) changes.push({ at: end, by: -1 });
  }
  if (complete > asOf && complete !== Infinity) changes.push({ at: complete, by: 0 });
  changes.sort((a, b) => a.at - b.at);

  const steps = [{ at: asOf, truth: judge(counted, bounds, asOf >= complete) }];
  changes.forEach((change, index) => {
    counted += change.by;
    const isLastAtThisInstant = changes[index + 1]?.at !== change.at;
    if (isLastAtThisInstant) steps.push({ at: change.at, truth: judge(counted, bounds, change.at >= complete) });
  });
  return withoutRepeats(steps);
}

/** With an incomplete window the true number is the counted one or more: certain only if that makes no difference. */
function judge(counted: number, { least, most }: Bounds, isComplete: boolean): Truth {
  if (counted > most) return 'false';
  if (isComplete) return counted >= least ? 'true' : 'false';
  return counted >= least && most === Infinity ? 'true' : 'insufficient';
}

function boundsOf(given: Count | undefined): Bounds {
  if (!given) return { least: 1, most: Infinity };
  if (given.exactly !== undefined) return { least: given.exactly, most: given.exactly };
  return { least: given.atLeast ?? 0, most: given.atMost ?? Infinity };
}

function sayCount(rule: PerformedRule): string {
  return `did ${saySelector(rule)} ${sayBounds(boundsOf(rule.count))}${sayWindow(rule.within)}`;
}

function sayBounds({ least, most }: Bounds): string {
  const times = (number: number): string => (number === 1 ? 'once' : `${number} times`);
  if (most === 0) return 'never';
  if (least === most) return `exactly ${times(least)}`;
  if (most === Infinity) return `at least ${times(least)}`;
  return least === 0 ? `at most ${times(most)}` : `between ${least} and ${most} times`;
}
