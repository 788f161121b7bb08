import type { Instant, Milliseconds } from '../core/instant.js';

export const HOUR: Milliseconds = 3_600_000;
const WEEK: Milliseconds = 168 * HOUR;

/** How far back a source's rhythm is looked at. */
export const RHYTHM_MS: Milliseconds = 8 * WEEK;

/** No silence shorter than this makes a source late, however lively it usually is. */
const SHORTEST_ALLOWED: Milliseconds = 600_000;

/** With fewer weeks nobody can say what is usual. */
const FEWEST_WEEKS = 3;

/** The longest time in which nothing happened, of those that began in an hour. */
export interface Silence {
  /** The beginning of that hour. */
  hour: Instant;
  length: Milliseconds;
}

export function hourOf(at: Instant): Instant {
  return at - (at % HOUR);
}

/**
 * The silences between events, by the hour in which they began, and the newest event. Events before the newest known one
 * say nothing about a silence: they were late, not missing.
 */
export function silencesBetween(
  newest: Instant,
  inOrder: readonly Instant[],
): { newest: Instant; silences: Silence[] } {
  const longest = new Map<Instant, Milliseconds>();
  let last = newest;
  for (const at of inOrder) {
    if (at <= last) continue;
    longest.set(hourOf(last), Math.max(at - last, longest.get(hourOf(last)) ?? 0));
    last = at;
  }
  return { newest: last, silences: [...longest].map(([hour, length]) => ({ hour, length })) };
}

/**
 * How long a source is usually silent from an hour of the week on: in each of the eight weeks before, the longest silence
 * that began in that hour or beside it; of these weeks the second longest, so that one outage does not become usual. At an
 * hour at which it was hardly ever heard of, its silences at any hour. Null: not known for three weeks.
 */
export function usualSilence(past: readonly Silence[], from: Instant): Milliseconds | null {
  const hour = hourOf(from);
  const atThatTime = past.filter((one) => Math.abs(hour - one.hour - weeksBetween(hour, one.hour) * WEEK) <= HOUR);
  return secondLongest(atThatTime, hour) ?? secondLongest(past, hour);
}

function secondLongest(silences: readonly Silence[], hour: Instant): Milliseconds | null {
  const longest = new Map<number, Milliseconds>();
  for (const one of silences) {
    const week = weeksBetween(hour, one.hour);
    if (week >= 1 && week <= 8) longest.set(week, Math.max(one.length, longest.get(week) ?? 0));
  }
  if (longest.size < FEWEST_WEEKS) return null;
  return [...longest.values()].sort((a, b) => b - a)[1]!;
}

function weeksBetween(later: Instant, earlier: Instant): number {
  return Math.round((later - earlier) / WEEK);
}

/**
 * When a source is late if nothing more happens: once the newest thing it told of is older than twice its usual silence
 * from that hour on, and than ten minutes, with its usual lag on top; or than a limit while nothing is known to be usual.
 */
export function lateFrom(
  newest: Instant,
  usual: { silence: Milliseconds | null; lag: Milliseconds },
  limit: Milliseconds,
): Instant {
  const allowed = usual.silence === null ? limit : Math.max(2 * usual.silence, SHORTEST_ALLOWED) + usual.lag;
  return newest + Math.round(allowed);
}

/** Upper ends of the classes that lags are counted in; the last class has none. */
const LAG_CLASSES: readonly Milliseconds[] = [
  ...[0.1, 0.2, 0.5, 1, 2, 5, 10, 30].map((seconds) => seconds * 1_000),
  ...[1, 2, 5, 10, 30].map((minutes) => minutes * 60_000),
  ...[1, 3, 6, 12, 24, 72].map((hours) => hours * HOUR),
];

/** Half of what a lag says about what is usual is forgotten in this time. */
const LAG_HALF_LIFE: Milliseconds = 72 * HOUR;

/** How many events came after how long, by class. */
export type LagCounts = readonly number[];

export const NO_LAGS: LagCounts = Array<number>(LAG_CLASSES.length + 1).fill(0);

export function lagClass(lag: Milliseconds): number {
  const found = LAG_CLASSES.findIndex((end) => lag <= end);
  return found < 0 ? LAG_CLASSES.length : found;
}

/** New counts on top of older ones, which count for less the older they are. */
export function addLags(counts: LagCounts, more: LagCounts, elapsed: Milliseconds): number[] {
  const weight = 0.5 ** (Math.max(elapsed, 0) / LAG_HALF_LIFE);
  return NO_LAGS.map((_, index) => (counts[index] ?? 0) * weight + (more[index] ?? 0));
}

/** The median: half of the events came at most so long after they happened. Exact to its class. */
export function usualLag(counts: LagCounts): Milliseconds | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let below = 0;
  for (const [index, count] of counts.entries()) {
    const begin = index === 0 ? 0 : LAG_CLASSES[index - 1]!;
    const end = LAG_CLASSES[index] ?? begin;
    if (below + count >= total / 2) return Math.round(begin + ((end - begin) * (total / 2 - below)) / count);
    below += count;
  }
  return LAG_CLASSES.at(-1)!;
}
