import type { History } from '../history.js';
import type { Occurrence } from '../history-event.js';
import { durationInWords, parseDuration, type Instant, type Milliseconds } from '../instant.js';
import { compileMatcher, type Matcher } from '../matcher.js';
import { readProperty } from '../property.js';
import type { FollowerStep, PerformedRule } from '../rule.js';
import { anyOf, combine, constantly, withoutRepeats, type Timeline, type Truth, type TruthStep } from '../timeline.js';
import { MOST_EVIDENCE, type CompiledCondition } from './condition.js';
import { saySelector } from './event-selector.js';
import { completeFrom, endOf, sayMissing, sayWindow } from './window.js';

interface Sequence {
  anchor: Matcher;
  window: Milliseconds;
  follower: Matcher;
  /** How long after the anchor the follower is looked for, `[anchor, anchor + limit)`. */
  limit: Milliseconds;
  same: readonly string[];
  isNegated: boolean;
}

/** What one anchor says by itself: while it counts, and only then. */
interface AnchorVerdict {
  anchor: Occurrence;
  timeline: Timeline;
  followers: readonly Occurrence[];
}

/**
 * An event that was, or was not, followed by another. Any anchor in the window suffices. `notFollowedBy` with a limit is
 * pending for an anchor until the limit has passed, and true exactly then; without one it is true until a follower comes.
 */
export function compileSequence(rule: PerformedRule): CompiledCondition {
  const sequence = readSequence(rule);
  const sentence = saySequence(rule);

  const timeline = (history: History, asOf: Instant): Timeline =>
    combine(
      [...verdicts(sequence, history, asOf).map((verdict) => verdict.timeline), unseenAnchors(sequence, history, asOf)],
      anyOf,
    );

  return {
    matchers: [sequence.anchor, sequence.follower],
    lookback: sequence.window + (sequence.limit === Infinity ? 0 : sequence.limit),
    timeline,
    explain: (history, asOf) => {
      const [now, next] = timeline(history, asOf);
      const deciding = verdicts(sequence, history, asOf).filter((one) => one.timeline[0]!.truth === now!.truth);
      return {
        condition: sentence,
        value: now!.truth,
        changesAt: next?.at ?? null,
        evidence: evidenceOf(deciding, asOf),
        ...(now!.truth === 'insufficient' && { missing: missingFrom(sequence, history, asOf) }),
      };
    },
  };
}

function readSequence(rule: PerformedRule): Sequence {
  const step = (rule.followedBy ?? rule.notFollowedBy) as FollowerStep;
  return {
    anchor: compileMatcher(rule),
    window: parseDuration(rule.within) ?? Infinity,
    follower: compileMatcher(step),
    limit: parseDuration(step.within) ?? Infinity,
    same: step.same ?? [],
    isNegated: rule.notFollowedBy !== undefined,
  };
}

function verdicts(sequence: Sequence, history: History, asOf: Instant): AnchorVerdict[] {
  const followers = history.occurrencesOf(sequence.follower);
  const followersStartAt = history.startsAt(sequence.follower.eventName);
  return history
    .occurrencesOf(sequence.anchor)
    .filter((anchor) => endOf(anchor, sequence.window) > asOf)
    .map((anchor) => {
      const own = followers.filter((one) => follows(sequence, anchor, one));
      const isComplete = anchor.at >= followersStartAt;
      return {
        anchor,
        followers: own,
        timeline: anchorTimeline(sequence, { anchor, followers: own, isComplete }, asOf),
      };
    });
}

function follows({ limit, same }: Sequence, anchor: Occurrence, follower: Occurrence): boolean {
  return (
    follower.event.id !== anchor.event.id &&
    follower.at >= anchor.at &&
    follower.at < anchor.at + limit &&
    same.every((path) => haveEqual(path, anchor, follower))
  );
}

/** Missing equals nothing, not even missing. */
function haveEqual(path: string, anchor: Occurrence, follower: Occurrence): boolean {
  const value = readProperty(anchor.event.properties, path);
  return value !== undefined && value === readProperty(follower.event.properties, path);
}

interface AnchorFacts {
  anchor: Occurrence;
  followers: readonly Occurrence[];
  /** Whether the follower's source had data already when the anchor happened. */
  isComplete: boolean;
}

function anchorTimeline(sequence: Sequence, facts: AnchorFacts, asOf: Instant): Timeline {
  const { anchor, followers } = facts;
  const end = endOf(anchor, sequence.window);
  const deadline = anchor.at + sequence.limit;
  const instants = [anchor.at, deadline, end, ...followers.flatMap((one) => [one.at, one.until])];
  const later = [...new Set(instants.filter((at) => at > asOf && at !== Infinity))].sort((a, b) => a - b);

  const truthAt = (at: Instant): Truth => {
    if (at < anchor.at || at >= end) return 'false';
    const isFollowed = followers.some((one) => one.at <= at && at < one.until);
    if (isFollowed) return sequence.isNegated ? 'false' : 'true';
    if (!facts.isComplete) return 'insufficient';
    if (!sequence.isNegated) return 'false';
    return at < deadline && deadline !== Infinity ? 'pending' : 'true';
  };
  return withoutRepeats([asOf, ...later].map((at): TruthStep => ({ at, truth: truthAt(at) })));
}

/** Where the window starts before the anchor's source has data, there may have been anchors that nobody saw. */
function unseenAnchors(sequence: Sequence, history: History, asOf: Instant): Timeline {
  const complete = completeFrom(history, sequence.anchor.eventName, sequence.window);
  if (asOf >= complete) return constantly('false', asOf);
  const steps: TruthStep[] = [{ at: asOf, truth: 'insufficient' }];
  if (complete !== Infinity) steps.push({ at: complete, truth: 'false' });
  return steps;
}

function evidenceOf(deciding: readonly AnchorVerdict[], asOf: Instant): string[] {
  const events = deciding
    .filter((one) => one.anchor.at <= asOf)
    .flatMap((one) => [one.anchor, ...one.followers.filter((follower) => follower.at <= asOf).slice(0, 1)])
    .sort((a, b) => b.at - a.at);
  return [...new Set(events.map((one) => one.event.id))].slice(0, MOST_EVIDENCE);
}

function missingFrom(sequence: Sequence, history: History, asOf: Instant): string {
  const isAnchorMissing = asOf < completeFrom(history, sequence.anchor.eventName, sequence.window);
  return sayMissing(history, (isAnchorMissing ? sequence.anchor : sequence.follower).eventName);
}

/** `did "click" in the last 7 days, not followed within 3 days by "purchase" with the same cart_token`. */
export function saySequence(rule: PerformedRule): string {
  const step = (rule.followedBy ?? rule.notFollowedBy) as FollowerStep;
  const limit = parseDuration(step.within);
  const within = limit === undefined ? '' : ` within ${durationInWords(limit)}`;
  const same = step.same ? ` with the same ${step.same.join(' and ')}` : '';
  const negation = rule.notFollowedBy ? 'not ' : '';
  return `did ${saySelector(rule)}${sayWindow(rule.within)}, ${negation}followed${within} by ${saySelector(step)}${same}`;
}
