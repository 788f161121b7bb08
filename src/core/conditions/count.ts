import type { History } from '../history.js';
import type { Instant } from '../instant.js';
import { compileMatcher, type Matcher } from '../matcher.js';
import type { Count, PerformedRule } from '../rule.js';
import { aNumberOfTimes, anObject, refined, report, type ParseContext, type Shape } from '../shape.js';
import { sweep, type Account } from '../sweep.js';
import type { Verdict } from '../timeline.js';
import { judgeCount, type CountBounds, type Truth } from '../truth.js';
import { compileWindow, type Window } from '../window.js';
import { judgeBy, type CompiledCondition } from './condition.js';
import { eventLeaf } from './event-leaf.js';
import { saySelector } from './event-selector.js';

export const countFields = {
  atLeast: { shape: aNumberOfTimes },
  atMost: { shape: aNumberOfTimes },
  exactly: { shape: aNumberOfTimes },
};

export const aCount: Shape<Count> = refined(
  anObject<Count>('an object with "atLeast", "atMost" or "exactly"', countFields),
  checkCount,
);

/** Bounds that some number keeps. */
export function checkCount({ atLeast, atMost, exactly }: Count, pointer: string, context: ParseContext): boolean {
  if (exactly !== undefined) {
    const isAlone = atLeast === undefined && atMost === undefined;
    return isAlone || report(context, pointer, '"exactly" stands beside another bound', '"exactly" alone');
  }
  if (atLeast === undefined && atMost === undefined) {
    return report(context, pointer, 'no bound is given', '"atLeast", "atMost" or "exactly"');
  }
  const isPossible = (atLeast ?? 0) <= (atMost ?? Infinity);
  return isPossible || report(context, pointer, '"atLeast" is above "atMost"', 'bounds that some number keeps');
}

/** "At least 1" unless something else is given. */
export function boundsOf(given: Count | undefined): CountBounds {
  if (!given) return { least: 1, most: Infinity };
  if (given.exactly !== undefined) return { least: given.exactly, most: given.exactly };
  return { least: given.atLeast ?? 0, most: given.atMost ?? Infinity };
}

/** Distinct events whose properties all match on that same event, counted; in an incomplete window there may be more. */
export function compileCount(rule: PerformedRule): CompiledCondition {
  const matcher = compileMatcher(rule);
  const window = compileWindow(rule);
  const bounds = boundsOf(rule.count);
  const judgeSlowly = judgeBy((history, since) => {
    const complete = completeFrom(history.startsAt(matcher.eventName), window.completeFrom);
    return sweep(since, history.livesOf(matcher, window), [complete], countAccount(bounds, complete));
  });
  return eventLeaf({
    sentence: sayCount(rule),
    matcher,
    window,
    judge: (history, asOf) => {
      const complete = completeFrom(history.startsAt(matcher.eventName), window.completeFrom);
      const ends = asOf < complete ? undefined : endsOfCounting(history, matcher, window, asOf);
      return ends ? judgeLeaving(ends, bounds) : judgeSlowly(history, asOf);
    },
  });
}

/** When the events that count now will count no more, in order; undefined if others are still to come. */
function endsOfCounting(history: History, matcher: Matcher, window: Window, asOf: Instant): number[] | undefined {
  const events = history.matching(matcher);
  const ends: number[] = [];
  let isInOrder = true;
  for (let i = events.length - 1; i >= 0; i--) {
    const event = events[i]!;
    const windowEnd = window.endsAt(event.occurredAt);
    if (windowEnd <= asOf && windowEnd > -Infinity) break; // so have those before it
    const to = matcher.isNet ? Math.min(windowEnd, history.endOf(event)) : windowEnd;
    const from = window.beginsAt(event.occurredAt);
    if (to <= asOf || from >= to) continue;
    if (from > asOf) return undefined;
    isInOrder &&= ends.length === 0 || to <= ends.at(-1)!;
    ends.push(to);
  }
  return isInOrder ? ends.reverse() : ends.sort((a, b) => a - b);
}

/** Of events that only leave, at these instants: whether their number keeps the bounds, and until when that stays so. */
function judgeLeaving(ends: readonly Instant[], { least, most }: CountBounds): Verdict {
  const isWithin = (number: number): boolean => number >= least && number <= most;
  const truth = isWithin(ends.length);
  for (let left = 0; left < ends.length; left++) {
    const at = ends[left]!;
    if (at === Infinity) break;
    if (ends[left + 1] !== at && isWithin(ends.length - left - 1) !== truth) return { truth: `${truth}`, until: at };
  }
  return { truth: `${truth}`, until: Infinity };
}

/** From when on a window is complete; for data without a beginning always, for data that never came never. */
export function completeFrom(start: number, completeFromStart: (start: number) => number): number {
  return Number.isFinite(start) ? completeFromStart(start) : start;
}

function countAccount(bounds: CountBounds, complete: number): Account<Truth> {
  let number = 0;
  return {
    enter: () => void (number += 1),
    leave: () => void (number -= 1),
    state: (at) => judgeNumber(number, bounds, at >= complete),
  };
}

/** In an incomplete window the true number is the known one or more. */
export function judgeNumber(number: number, bounds: CountBounds, isComplete: boolean): Truth {
  return judgeCount({ true: number, pending: 0, insufficient: isComplete ? 0 : Infinity }, bounds);
}

export function sayCount(rule: PerformedRule): string {
  const bounds = boundsOf(rule.count);
  const what = `${saySelector(rule)}${compileWindow(rule).words}`;
  if (bounds.most === 0) return `never did ${what}`;
  return rule.count ? `did ${what}, ${sayBounds(bounds)}` : `did ${what}`;
}

/** `at least once`. */
export function sayBounds({ least, most }: CountBounds): string {
  const times = (number: number): string => (number === 1 ? 'once' : `${number} times`);
  if (most === 0) return 'never';
  if (least === most) return `exactly ${times(least)}`;
  if (most === Infinity) return `at least ${times(least)}`;
  return least === 0 ? `at most ${times(most)}` : `between ${least} and ${most} times`;
}
