import { say } from '../core/compile-rule.js';
import { conditionTypeOf } from '../core/conditions/registry.js';
import type { Rule } from '../core/rule.js';
import type { SegmentPush } from './segment.entities.js';
import { shownPlace } from './shown-segment.js';

/** What a version says. */
export interface Said {
  rule: Rule;
  push: readonly SegmentPush[];
}

/** What an edit changes, line by line in a marketer's words; empty where it changes nothing. */
export function sayDifference(before: Said, after: Said): string[] {
  const rule = sayRuleDifference(before.rule, after.rule);
  const [was, is] = [sayPush(before.push), sayPush(after.push)];
  const push = was === is ? [] : [`changed: ${was} → ${is}`];
  return [...rule, ...push];
}

function sayRuleDifference(before: Rule, after: Rule): string[] {
  if (isSame(before, after)) return [];
  const joined = bothJoined(before, after);
  if (!joined) return [`changed: ${say(before)} → ${say(after)}`];
  const { removed, added } = withoutCommon(joined.before, joined.after);
  const lines: string[] = [...joined.lines];
  for (const old of removed) {
    const index = added.findIndex((one) => subjectOf(one) === subjectOf(old));
    if (index < 0) lines.push(`removed: ${say(old)}`);
    else lines.push(...sayRuleDifference(old, added.splice(index, 1)[0]!));
  }
  return [...lines, ...added.map((one) => `added: ${say(one)}`)];
}

interface Joined {
  before: readonly Rule[];
  after: readonly Rule[];
  lines: string[];
}

/** The parts of two rules that join parts in the same way; a single condition is as good as joined alone. */
function bothJoined(before: Rule, after: Rule): Joined | undefined {
  const [left, right] = [conditionTypeOf(before).key, conditionTypeOf(after).key];
  if (left === right && partsOf(before)) {
    return { before: partsOf(before)!, after: partsOf(after)!, lines: boundLines(before, after) };
  }
  if (right === 'all' || right === 'any') return { before: [before], after: partsOf(after)!, lines: [] };
  if (left === 'all' || left === 'any') return { before: partsOf(before)!, after: [after], lines: [] };
  return undefined;
}

function boundLines(before: Rule, after: Rule): string[] {
  if (!('of' in before) || !('of' in after) || before.atLeast === after.atLeast) return [];
  return [`changed: at least ${before.atLeast} of the conditions → at least ${after.atLeast} of them`];
}

function partsOf(rule: Rule): readonly Rule[] | undefined {
  return conditionTypeOf(rule)
    .children?.(rule)
    .map((child) => child.rule);
}

function withoutCommon(before: readonly Rule[], after: readonly Rule[]): { removed: Rule[]; added: Rule[] } {
  const added = [...after];
  const removed = before.filter((old) => {
    const index = added.findIndex((one) => isSame(one, old));
    if (index >= 0) added.splice(index, 1);
    return index < 0;
  });
  return { removed, added };
}

/** What a condition is about: of two that are about the same, one is taken for the other, changed. */
function subjectOf(rule: Rule): string {
  const { key } = conditionTypeOf(rule);
  const about = (rule as unknown as Record<string, unknown>)[key];
  return JSON.stringify([key, partsOf(rule) ? null : about]);
}

function isSame(a: Rule, b: Rule): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** What becomes of members where a segment is pushed no longer. */
export function sayLeft(left: readonly SegmentPush[]): string[] {
  return left.map((one) => `it is no longer pushed to ${sayPlace(one)}: whoever is a member leaves there`);
}

function sayPush(push: readonly SegmentPush[]): string {
  const places = push.map(sayPlace).sort();
  return places.length > 0 ? `pushed to ${places.join(' and ')}` : 'pushed nowhere';
}

function sayPlace({ destination, segmentId, name, adopt }: SegmentPush): string {
  const named = name === undefined ? '' : ` ("${name}")`;
  const { as = 'segment', segmentId: called } = shownPlace(segmentId);
  return `${as} ${called}${named} of ${destination}${adopt ? ', adopted' : ''}`;
}
