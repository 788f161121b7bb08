import { nameFits } from './matcher.js';
import type { Bounds, EventName, FollowerStep, PerformedRule, Rule } from './rule.js';
import type { SegmentRules } from './references.js';

/**
 * The events whose absence can make a rule true: one of them that is known only later, although it happened before, can
 * show that the rule was not true after all. "Clicked but did not purchase" rests on the absence of purchases. Empty for a
 * rule that only asks what did happen. That a purchase was not undone is no such absence.
 */
export function absencesOf(rule: Rule, segments: SegmentRules = new Map()): EventName[] {
  const names = namesIn(rule, false, segments);
  return names.filter((name, index) => names.findIndex((other) => isSame(other, name)) === index);
}

/** Whether an event of that name is one of them. */
export function isAmong(names: readonly EventName[], eventName: string): boolean {
  return names.some((name) => nameFits(name, eventName));
}

function namesIn(rule: Rule, isNegated: boolean, segments: SegmentRules): EventName[] {
  if ('performed' in rule) return namesOfEvents(rule, isNegated);
  if ('attribute' in rule || 'bucket' in rule || 'everyone' in rule) return [];
  if ('segment' in rule) {
    const child = segments.get(rule.segment);
    return child ? namesIn(child, isNegated, segments) : [];
  }
  if ('not' in rule) return namesIn(rule.not, !isNegated, segments);
  const parts = 'all' in rule ? rule.all : 'any' in rule ? rule.any : rule.of;
  return parts.flatMap((part) => namesIn(part, isNegated, segments));
}

/** One more event can only help a lower bound and only harm an upper one; its opposite, the other way round. */
function namesOfEvents(rule: PerformedRule, isNegated: boolean): EventName[] {
  const { isBoundBelow, isBoundAbove } = boundsIn(rule);
  const isEither = rule.last !== undefined || rule.anchor === 'last';
  const isHarmed = isEither || (isNegated ? isBoundBelow : isBoundAbove);
  const followers = [
    ...(isBoundBelow || isEither ? namesOfFollowers(rule, isNegated) : []),
    ...(isBoundAbove ? namesOfFollowers(rule, !isNegated) : []),
  ];
  return [...(isHarmed ? [rule.performed] : []), ...followers];
}

/** Which way more events may push what the rule asks for: the smallest of them can only become smaller. */
function boundsIn(rule: PerformedRule): { isBoundBelow: boolean; isBoundAbove: boolean } {
  const { count, distinct, sum, max, min, avg } = rule;
  const [growing, falling] = [count ?? distinct ?? sum ?? max, min];
  if (avg) return { isBoundBelow: true, isBoundAbove: true };
  if (falling) return { isBoundBelow: isAbove(falling), isBoundAbove: isBelow(falling) };
  return growing
    ? { isBoundBelow: isBelow(growing), isBoundAbove: isAbove(growing) }
    : { isBoundBelow: true, isBoundAbove: false };
}

function isBelow({ atLeast, above, exactly }: Bounds): boolean {
  return (atLeast ?? above ?? exactly) !== undefined;
}

function isAbove({ atMost, below, exactly }: Bounds): boolean {
  return (atMost ?? below ?? exactly) !== undefined;
}

function namesOfFollowers(
  { followedBy, notFollowedBy }: Pick<FollowerStep, 'followedBy' | 'notFollowedBy'>,
  isNegated: boolean,
): EventName[] {
  if (followedBy) return [...(isNegated ? [followedBy.performed] : []), ...namesOfFollowers(followedBy, isNegated)];
  if (!notFollowedBy) return [];
  return [...(isNegated ? [] : [notFollowedBy.performed]), ...namesOfFollowers(notFollowedBy, !isNegated)];
}

function isSame(a: EventName, b: EventName): boolean {
  return typeof a === 'string' || typeof b === 'string' ? a === b : a.startsWith === b.startsWith;
}
