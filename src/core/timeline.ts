import { earlier, later, NEVER, type Instant, type Milliseconds } from './instant.js';
import type { Truth } from './truth.js';

/** What a condition says as of an instant. */
export interface Verdict {
  truth: Truth;
  /**
   * The earliest instant at which it could say something else, if no further event came; `Infinity`: never. Too early is
   * possible where changes follow each other without end; too late is not.
   */
  until: Instant;
}

export interface Step<S> {
  at: Instant;
  state: S;
}

/**
 * What something says from an instant on, if no further event comes: in order of time, each step different from the one
 * before. What it said before its first step is not known.
 */
export type Timeline<S = Truth> = readonly Step<S>[];

/** What a timeline says as of an instant. */
export function verdictAt(timeline: Timeline, asOf: Instant): Verdict {
  const index = indexAt(timeline, asOf);
  return { truth: timeline[index]!.state, until: timeline[index + 1]?.at ?? NEVER };
}

export function stateAt<S>(timeline: Timeline<S>, asOf: Instant): S {
  return timeline[indexAt(timeline, asOf)]!.state;
}

/** Mostly the present is asked for, and most steps are past. */
function indexAt(timeline: Timeline<unknown>, asOf: Instant): number {
  let low = 0;
  let high = timeline.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (timeline[middle]!.at <= asOf) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Draws a timeline step by step, leaving out what changes nothing. */
export class TimelineDraft<S> {
  readonly steps: Step<S>[] = [];

  /** Instants must come in order; of several at one instant the last counts. */
  add(at: Instant, state: S): void {
    const { steps } = this;
    if (steps.length > 0 && steps[steps.length - 1]!.at === at) steps.pop();
    if (steps.length === 0 || steps[steps.length - 1]!.state !== state) steps.push({ at, state });
  }
}

/** The timeline between two instants, and another state before and after; throughout where the second is no later. */
export function within<S>(timeline: Timeline<S>, from: Instant, to: Instant, outside: S): Timeline<S> {
  const start = timeline[0]!.at;
  if (from <= start && to === NEVER) return timeline;
  const draft = new TimelineDraft<S>();
  if (to <= from) return [{ at: start, state: outside }];
  draft.add(start, from <= start && start < to ? timeline[0]!.state : outside);
  if (from > start) draft.add(from, stateAt(timeline, from));
  for (const step of timeline) if (step.at > from && step.at < to) draft.add(step.at, step.state);
  if (to > start && to < NEVER) draft.add(to, outside);
  return draft.steps;
}

/**
 * What two timelines say together: at each instant the stronger of their states; of strength 0 is what says nothing. It
 * begins where both have begun.
 */
export function strongest<S extends string>(
  one: Timeline<S>,
  other: Timeline<S>,
  strength: Readonly<Record<S, number>>,
): Timeline<S> {
  if (one === other) return one;
  if (one[0]!.at === other[0]!.at) {
    if (isWeakest(one, strength)) return other;
    if (isWeakest(other, strength)) return one;
  }
  const draft = new TimelineDraft<S>();
  let at = later(one[0]!.at, other[0]!.at);
  let i = 0;
  let j = 0;
  while (at < NEVER) {
    while (i + 1 < one.length && one[i + 1]!.at <= at) i += 1;
    while (j + 1 < other.length && other[j + 1]!.at <= at) j += 1;
    const [a, b] = [one[i]!.state, other[j]!.state];
    draft.add(at, strength[a] < strength[b] ? b : a);
    at = earlier(one[i + 1]?.at ?? NEVER, other[j + 1]?.at ?? NEVER);
  }
  return draft.steps;
}

function isWeakest<S extends string>(timeline: Timeline<S>, strength: Readonly<Record<S, number>>): boolean {
  return timeline.length === 1 && strength[timeline[0]!.state] === 0;
}

/** As {@link strongest}, of one timeline or more: by halves, so that each step is taken up few times. */
export function strongestOf<S extends string>(
  some: readonly Timeline<S>[],
  strength: Readonly<Record<S, number>>,
): Timeline<S> {
  let left = some;
  while (left.length > 1) {
    const joined: Timeline<S>[] = [];
    for (let i = 0; i < left.length; i += 2) {
      const other = left[i + 1];
      joined.push(other ? strongest(left[i]!, other, strength) : left[i]!);
    }
    left = joined;
  }
  return left[0]!;
}

/** The same in other words. */
export function translated<S, T>(timeline: Timeline<S>, say: (state: S) => T): Timeline<T> {
  const draft = new TimelineDraft<T>();
  for (const { at, state } of timeline) draft.add(at, say(state));
  return draft.steps;
}

/** How many of some timelines are in each state. */
export type StateCounts<S extends string> = Record<S, number>;

/** From when on a tally is drawn, counts of nothing, and a further instant of change. */
export interface TallyFrame<S extends string> {
  since: Instant;
  none: StateCounts<S>;
  also: Instant;
}

/** What is said of several timelines together, from how many are in each state; none of them begins later. */
export function tally<S extends string, T>(
  parts: readonly Timeline<S>[],
  frame: TallyFrame<S>,
  fold: (counts: StateCounts<S>, at: Instant) => T,
): Timeline<T> {
  const { since } = frame;
  const counts = { ...frame.none };
  const changes = changesOf(parts, frame, counts);
  const draft = new TimelineDraft<T>();
  draft.add(since, fold(counts, since));
  for (let i = 0; i < changes.length; i++) {
    const { at, left, entered } = changes[i]!;
    if (left !== undefined) counts[left] -= 1;
    if (entered !== undefined) counts[entered] += 1;
    const isLast = i + 1 === changes.length || changes[i + 1]!.at !== at;
    if (isLast && at < NEVER) draft.add(at, fold(counts, at));
  }
  return draft.steps;
}

interface Change<S> {
  at: Instant;
  left: S | undefined;
  entered: S | undefined;
}

/** How the parts change after the beginning, in order of time; what they are in at the beginning is counted. */
function changesOf<S extends string>(
  parts: readonly Timeline<S>[],
  { since, also }: TallyFrame<S>,
  counts: StateCounts<S>,
): Change<S>[] {
  const changes: Change<S>[] = [];
  if (also > since && also < NEVER) changes.push({ at: also, left: undefined, entered: undefined });
  for (const part of parts) {
    const first = indexAt(part, since);
    counts[part[first]!.state] += 1;
    for (let i = first + 1; i < part.length; i++) {
      changes.push({ at: part[i]!.at, left: part[i - 1]!.state, entered: part[i]!.state });
    }
  }
  return changes.length > 1 ? changes.sort((a, b) => a.at - b.at) : changes;
}

const MOST_STEPS = 500;
const HORIZON: Milliseconds = 1_100 * 86_400_000;

/**
 * Whether a search for the next change, come so far in so many steps, goes on. Anniversaries never end: what comes after
 * three years may be called a change though it is none.
 */
export function isWorthGoingOn(steps: number, from: Instant, at: Instant): boolean {
  return at < NEVER && steps < MOST_STEPS && at - from < HORIZON;
}

/** A verdict whose end is a change of its truth, from one that may end where nothing changes. */
export function untilChanged(judge: (at: Instant) => Verdict, asOf: Instant): Verdict {
  const { truth, until } = judge(asOf);
  let end = until;
  for (let steps = 0; isWorthGoingOn(steps, asOf, end); steps++) {
    const next = judge(end);
    if (next.truth !== truth) break;
    end = next.until;
  }
  return { truth, until: end };
}
