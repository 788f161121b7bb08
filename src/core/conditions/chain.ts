import { firstFrom, type HistoryEvent } from '../history-event.js';
import type { History } from '../history.js';
import { parseDuration, type Instant, type Milliseconds } from '../instant.js';
import { compileMatcher, type Matcher } from '../matcher.js';
import { propertyReader } from '../property.js';
import type { FollowerStep } from '../rule.js';
import { aDuration, anObject, aText, lazily, listOf, refined, report, type Shape } from '../shape.js';
import { stateForGood, tally, within, type StateCounts, type Step as Moment, type Timeline } from '../timeline.js';
import type { Truth } from '../truth.js';
import { onlyOneOf, selectorFields } from './event-selector.js';

/** Its anchor included. */
const LONGEST_SEQUENCE = 5;

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
    if (!context.countNodes(1, pointer)) return false;
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
  /** Whether two events carry equal values where they must; missing equals nothing, not even missing. */
  isSame: (before: HistoryEvent, follower: HistoryEvent) => boolean;
  next: Step | undefined;
}

/** The step after an anchor or another step, if any. */
export function compileStep(before: { followedBy?: FollowerStep; notFollowedBy?: FollowerStep }): Step | undefined {
  const given = before.followedBy ?? before.notFollowedBy;
  if (!given) return undefined;
  const readers = (given.same ?? []).map(propertyReader);
  return {
    matcher: compileMatcher(given),
    limit: parseDuration(given.within) ?? Infinity,
    isNegated: before.notFollowedBy !== undefined,
    isSame: (one, other) =>
      readers.every((read) => {
        const value = read(one.properties);
        return value !== undefined && value === read(other.properties);
      }),
    next: compileStep(given),
  };
}

export function matchersOf(step: Step): Matcher[] {
  return [step.matcher, ...(step.next ? matchersOf(step.next) : [])];
}

/**
 * What a chain says. Open: false so far, but an event can still make it true; until some time, or for ever.
 */
export type ChainState = Truth | 'openByTime' | 'openForever';

export const NO_CHAINS: StateCounts<ChainState> = {
  true: 0,
  false: 0,
  pending: 0,
  insufficient: 0,
  openByTime: 0,
  openForever: 0,
};

/**
 * Whether an event is, or is not, followed as a step asks, from an instant on; only what is said from the event on
 * matters.
 */
export function chainTimeline(history: History, step: Step, event: HistoryEvent, since: Instant): Timeline<ChainState> {
  const deadline = event.occurredAt + step.limit;
  const isComplete = event.occurredAt >= history.startsAt(step.matcher.eventName);
  const { parts, settledAt } = partsOf(history, step, event, since);
  const also = deadline < settledAt ? deadline : Infinity;
  return tally(parts, { since, none: NO_CHAINS, also, end: settledAt }, (counts, at) => {
    const state = stateOf(counts, { isComplete, isUnlimited: step.limit === Infinity, isOpen: at < deadline });
    return step.isNegated ? negated(state) : state;
  });
}

/** What the followers of an event say, and from when on one of them suffices for good, whatever the others say. */
function partsOf(
  history: History,
  step: Step,
  event: HistoryEvent,
  since: Instant,
): { parts: Timeline<ChainState>[]; settledAt: Instant } {
  const parts: Timeline<ChainState>[] = [];
  const forGood = new Set<ChainState>(['false']);
  let settledAt = Infinity;
  eachFollower(history, step, event, (follower) => {
    if (follower.occurredAt >= settledAt) return false;
    const part = partOf(history, step, follower, since);
    // One is as good as many that say the same for ever, and those that say no say nothing.
    const state = stateForGood(part, since);
    if (state && forGood.has(state)) return true;
    if (state) forGood.add(state);
    parts.push(part);
    const last = part.at(-1)!;
    if (last.state === 'true') settledAt = Math.min(settledAt, last.at);
    return true;
  });
  return { parts, settledAt };
}

/**
 * Visits the events that a step finds after an event, in order of time, as long as the visitor wants to go on; whether they
 * count, and are followed as the step asks, aside.
 */
export function eachFollower(
  history: History,
  { matcher, limit, isSame }: Step,
  event: HistoryEvent,
  visit: (follower: HistoryEvent) => boolean,
): void {
  const events = history.candidatesFor(matcher);
  const deadline = event.occurredAt + limit;
  for (let i = firstFrom(events, event.occurredAt); i < events.length; i++) {
    const one = events[i]!;
    if (one.occurredAt >= deadline) return;
    if (one.id !== event.id && matcher.selects(one) && isSame(event, one) && !visit(one)) return;
  }
}

/** What a follower says, whichever event it follows: while it counts, what its own chain says. */
function partOf(history: History, step: Step, event: HistoryEvent, from: Instant): Timeline<ChainState> {
  const until = history.endOf(event, step.matcher);
  if (event.occurredAt >= until) return NEVER;
  if (!step.next) return between(event.occurredAt, until);
  const { since, value: known } = history.since(step, from, () => new Map<HistoryEvent, Timeline<ChainState>>());
  const part = known.get(event);
  if (part) return part;
  const chain = chainTimeline(history, step.next, event, since);
  const drawn = within<ChainState>(chain, event.occurredAt, until, 'false');
  known.set(event, drawn);
  return drawn;
}

const NOT_YET: Moment<ChainState> = { at: -Infinity, state: 'false' };
const NEVER: Timeline<ChainState> = [NOT_YET];

/** True between two instants. */
function between(from: Instant, until: Instant): Timeline<ChainState> {
  const begun: Moment<ChainState> = { at: from, state: 'true' };
  return until === Infinity ? [NOT_YET, begun] : [NOT_YET, begun, { at: until, state: 'false' }];
}

/** Any follower suffices; where the follower's data begin later than the event, there may be one that nobody saw. */
function stateOf(
  counts: StateCounts<ChainState>,
  facts: { isComplete: boolean; isUnlimited: boolean; isOpen: boolean },
): ChainState {
  if (counts.true > 0) return 'true';
  if (counts.pending > 0) return 'pending';
  if (!facts.isComplete || counts.insufficient > 0) return 'insufficient';
  if (facts.isUnlimited || counts.openForever > 0) return 'openForever';
  return facts.isOpen || counts.openByTime > 0 ? 'openByTime' : 'false';
}

/** "Not followed" is pending while an event can still come in time; where there is no limit it is true until one does. */
function negated(state: ChainState): ChainState {
  switch (state) {
    case 'true':
      return 'false';
    case 'false':
    case 'openForever':
      return 'true';
    case 'openByTime':
      return 'pending';
    case 'pending':
    case 'insufficient':
      return state;
  }
}
