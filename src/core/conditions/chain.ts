import { firstFrom, type HistoryEvent } from '../history-event.js';
import type { History } from '../history.js';
import { parseDuration, type Milliseconds } from '../instant.js';
import { compileMatcher, type Matcher } from '../matcher.js';
import { propertyReader, type Properties } from '../property.js';
import type { FollowerStep } from '../rule.js';
import { aDuration, anObject, aText, lazily, listOf, refined, report, type Shape } from '../shape.js';
import { onlyOneOf, selectorFields } from './event-selector.js';

/** Its anchor included. */
const LONGEST_SEQUENCE = 5;
/** A step takes as long as so many conditions without any. */
const CONDITIONS_A_STEP = 5;

const step: Shape<FollowerStep> = refined(
  anObject<FollowerStep>('the event to look for, as in {"performed": "purchase"}', {
    ...selectorFields,
    within: { shape: aDuration },
    same: { shape: listOf(aText, 10) },
    followedBy: { shape: lazily('followerStep', () => aFollowerStep) },
    notFollowedBy: { shape: lazily('followerStep', () => aFollowerStep) },
  }),
  onlyOneOf<FollowerStep>('followedBy', 'notFollowedBy'),
);

/** A step of a sequence, with the steps after it. */
export const aFollowerStep: Shape<FollowerStep> = {
  ...step,
  check(value, pointer, context) {
    if (!context.countNodes(CONDITIONS_A_STEP, pointer)) return false;
    if (context.sequenceLength === LONGEST_SEQUENCE - 1) {
      return report(context, pointer, 'the sequence is too long', `at most ${LONGEST_SEQUENCE} events in a row`);
    }
    context.sequenceLength += 1;
    const isRight = step.check(value, pointer, context);
    context.sequenceLength -= 1;
    return isRight;
  },
};

/** A step ready to be looked for. */
export interface Step {
  matcher: Matcher;
  /** How long after the event before it, `[before, before + limit)`. */
  limit: Milliseconds;
  /** Whether it must not happen. */
  isNegated: boolean;
  /** What two events must carry equal values of; missing equals nothing, not even missing. */
  same: readonly ((properties: Properties) => unknown)[];
  next: Step | undefined;
}

/** The step after an anchor or another step, if any. */
export function compileStep(before: { followedBy?: FollowerStep; notFollowedBy?: FollowerStep }): Step | undefined {
  const given = before.followedBy ?? before.notFollowedBy;
  if (!given) return undefined;
  return {
    matcher: compileMatcher(given),
    limit: parseDuration(given.within) ?? Infinity,
    isNegated: before.notFollowedBy !== undefined,
    same: (given.same ?? []).map(propertyReader),
    next: compileStep(given),
  };
}

export function matchersOf(step: Step): Matcher[] {
  return [step.matcher, ...(step.next ? matchersOf(step.next) : [])];
}

/**
 * Visits the events that a step finds after an event, in order of time, as long as the visitor wants to go on; whether they
 * count, and are followed as the step asks, aside.
 */
export function eachFollower(
  history: History,
  { matcher, limit, same }: Step,
  event: HistoryEvent,
  visit: (follower: HistoryEvent) => boolean,
): void {
  const events = history.candidatesFor(matcher);
  const deadline = event.occurredAt + limit;
  for (let i = firstFrom(events, event.occurredAt); i < events.length; i++) {
    const one = events[i]!;
    if (one.occurredAt >= deadline) return;
    if (one.id !== event.id && matcher.selects(one) && areSame(event, one, same) && !visit(one)) return;
  }
}

function areSame(one: HistoryEvent, other: HistoryEvent, same: Step['same']): boolean {
  for (const read of same) {
    const value = read(one.properties);
    if (value === undefined || value !== read(other.properties)) return false;
  }
  return true;
}
