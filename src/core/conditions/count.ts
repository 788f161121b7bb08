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
    const complete = completeFrom(history, matcher, window);
    const lives = history.livesOf(matcher, window, since);
    return sweep(history.spanFrom(since), lives, [complete], countAccount(bounds, complete));
  });
  // So many events decide: whether there are enough, or too many.
  const deciding = bounds.most === Infinity ? bounds.least : bounds.most + 1;
  return eventLeaf({
    sentence: sayCount(rule),
    matcher,
    window,
    judge: (history, asOf) => {
      const complete = completeFrom(history, matcher, window);
      const ends = asOf < complete ? undefined : lastEnds(history, matcher, window, asOf, deciding);
      return ends ? judgeLeaving(ends, bounds) : judgeSlowly(history, asOf);
    },
  });
}

/**
 * When the events that count now will count no more, the last first and at most so many; undefined if others are still to
 * come. Goes back from the newest event, mostly not far.
 */
function lastEnds(
  history: History,
  matcher: Matcher,
  window: Window,
  asOf: Instant,
  most: number,
): Instant[] | undefined {
  const events = history.candidatesFor(matcher);
  const oldest = Math.max(window.reachesBackTo(asOf), asOf - history.retention);
  let ends: Instant[] = NONE;
  for (let i = events.length - 1; i >= 0; i--) {
    const event = events[i]!;
    if (event.occurredAt < oldest) break;
    if (!matcher.selects(event)) continue;
    const windowEnd = Math.min(window.endsAt(event.occurredAt), history.keptUntil(event));
    const to = Math.min(windowEnd, history.endOf(event, matcher));
    const from = window.beginsAt(event.occurredAt);
    if (to <= asOf || from >= to) continue;
    if (from > asOf) return undefined;
    if (ends.length === 0) ends = [to];
    else insertEnd(ends, to, most);
    // Those before it count no longer than it would.
    if (ends.length === most && ends[most - 1]! >= windowEnd) break;
  }
  return ends;
}

const NONE: Instant[] = [];

function insertEnd(ends: Instant[], end: Instant, most: number): void {
  let place = ends.length;
  while (place > 0 && ends[place - 1]! < end) place -= 1;
  if (place === ends.length) ends.push(end);
  else ends.splice(place, 0, end);
  if (ends.length > most) ends.pop();
}

const TOO_FEW: Verdict = { truth: 'false', until: Infinity };

/** Of events that only leave, at these instants: whether their number keeps the bounds, and until when that stays so. */
function judgeLeaving(ends: readonly Instant[], { least, most }: CountBounds): Verdict {
  if (ends.length < least) return TOO_FEW;
  const enoughUntil = least === 0 ? Infinity : ends[least - 1]!;
  if (ends.length <= most) return { truth: 'true', until: enoughUntil };
  const tooManyUntil = ends[most]!;
  // Those too many may leave together with others that are needed.
  return { truth: 'false', until: tooManyUntil < enoughUntil ? tooManyUntil : Infinity };
}

/** From when on a window is complete; for data without a beginning always, for data that never came never. */
export function completeFrom(history: History, matcher: Matcher, window: Window): Instant {
  const start = history.startsAt(matcher.eventName);
  return Number.isFinite(start) ? window.completeFrom(start) : start;
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
