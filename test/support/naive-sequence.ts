import type { HistoryEvent } from '../../src/core/history-event.js';
import type { FollowerStep, PerformedRule } from '../../src/core/rule.js';
import { kleene, tallyOf } from './naive-counting.js';
import { countingNow, isComplete, occurrences } from './naive-selection.js';
import { naiveRead } from './naive-values.js';
import { ms, type NaiveValue, type NaiveWorld } from './naive-world.js';

/** What is to be said of an event's being followed. Open: not yet, but it may still come, until its time is up or for ever. */
type Verdict = NaiveValue | 'openForever' | 'openByTime';

type Step = Pick<FollowerStep, 'followedBy' | 'notFollowedBy'>;

export function goesOn(step: Step): boolean {
  return (step.followedBy ?? step.notFollowedBy) !== undefined;
}

/** `performed` with a sequence. */
export function naiveSequence(rule: PerformedRule, world: NaiveWorld, asOf: number): NaiveValue {
  const anchors = countingNow(rule, world, asOf).map(({ event }) => event);
  const complete = isComplete(rule, world, asOf);
  const { anchor = 'any', count = { atLeast: 1 } } = rule;
  if (anchor === 'any') {
    const states = anchors.map((event) => anchorState(event, rule, world, asOf));
    return kleene(tallyOf(states, complete ? 0 : Infinity), count);
  }
  const chosen = anchor === 'first' ? anchors[0] : anchors.at(-1);
  if (!complete && (!chosen || anchor === 'first')) return 'insufficient';
  return chosen ? anchorState(chosen, rule, world, asOf) : 'false';
}

function anchorState(anchor: HistoryEvent, rule: Step, world: NaiveWorld, asOf: number): NaiveValue {
  const verdict = chainVerdict(anchor, rule, world, asOf);
  return verdict === 'openForever' || verdict === 'openByTime' ? 'false' : verdict;
}

/** Whether an event is followed as its step goes on, or not followed. */
function chainVerdict(event: HistoryEvent, step: Step, world: NaiveWorld, asOf: number): Verdict {
  if (step.followedBy) return isFollowed(event, step.followedBy, world, asOf);
  const negated: Record<Verdict, Verdict> = {
    true: 'false',
    pending: 'pending',
    insufficient: 'insufficient',
    openForever: 'true',
    openByTime: 'pending',
    false: 'true',
  };
  return negated[isFollowed(event, step.notFollowedBy!, world, asOf)];
}

function isFollowed(event: HistoryEvent, next: FollowerStep, world: NaiveWorld, asOf: number): Verdict {
  const limit = event.occurredAt + ms(next.within);
  const states = occurrences(next, world)
    .filter(({ event: follower, at }) => follower.id !== event.id && event.occurredAt <= at && at < limit)
    .filter(({ event: follower }) => (next.same ?? []).every((path) => isSame(event, follower, path)))
    .map(({ event: follower, at, end }): Verdict => {
      if (asOf < at || asOf >= end) return 'false';
      return goesOn(next) ? chainVerdict(follower, next, world, asOf) : 'true';
    });
  if (states.includes('true')) return 'true';
  if (states.includes('pending')) return 'pending';
  if (event.occurredAt < world.startsAt(next.performed) || states.includes('insufficient')) return 'insufficient';
  if (states.includes('openForever') || limit === Infinity) return 'openForever';
  return states.includes('openByTime') || asOf < limit ? 'openByTime' : 'false';
}

function isSame(event: HistoryEvent, follower: HistoryEvent, path: string): boolean {
  const value = naiveRead(event.properties, path);
  return value !== undefined && value === naiveRead(follower.properties, path);
}
