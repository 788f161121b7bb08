import { stablePlace } from './stable-place.js';

/** Places from 0 to 100,000, in thousandths of a percent: whole numbers, so that no sum of shares is ever off. */
export const ALL_PLACES = 100_000;

/** Half-open: the first place belongs to it, the last does not. */
export type Places = readonly [from: number, to: number];

/** Which places belong to each arm of a split. */
export type Allocation = Readonly<Record<string, readonly Places[]>>;

/** So much of everyone, in percent with at most three decimals. */
export interface Share {
  key: string;
  percentage: number;
}

/**
 * Gives each arm its places. An arm that grows keeps its people and only adds some, one that shrinks only loses some, and
 * one that stays is left alone, whatever happens to the others: what `before` gave is kept as far as it goes, and only
 * places that are free are given out. The shares together must be at most 100 percent.
 */
export function allocate(shares: readonly Share[], before: Allocation = {}): Allocation {
  const kept = shares.map(({ key, percentage }) => ({ key, ...firstOf(before[key] ?? [], placesIn(percentage)) }));
  let free = gapsBetween(kept.flatMap(({ taken }) => taken));
  const arms = kept.map(({ key, taken, missing }) => {
    const more = firstOf(free, missing);
    free = more.rest;
    return [key, joined([...taken, ...more.taken])] as const;
  });
  return Object.fromEntries(arms);
}

/** The arm that a profile falls on; undefined where its place is nobody's. */
export function armOf(allocation: Allocation, seed: string, profile: string): string | undefined {
  const place = (stablePlace(seed, profile) / 100) * ALL_PLACES;
  return Object.keys(allocation).find((key) => allocation[key]!.some(([from, to]) => from <= place && place < to));
}

export function placesIn(percentage: number): number {
  return Math.round((percentage / 100) * ALL_PLACES);
}

/** The first so many of some places, those that are left, and how many are missing. */
function firstOf(places: readonly Places[], wanted: number): { taken: Places[]; rest: Places[]; missing: number } {
  const [taken, rest]: [Places[], Places[]] = [[], []];
  let missing = wanted;
  for (const [from, to] of places) {
    const cut = Math.min(to, from + missing);
    if (from < cut) taken.push([from, cut]);
    if (cut < to) rest.push([cut, to]);
    missing -= cut - from;
  }
  return { taken, rest, missing };
}

function gapsBetween(taken: readonly Places[]): Places[] {
  const gaps: Places[] = [];
  let at = 0;
  for (const [from, to] of inOrder(taken)) {
    if (at < from) gaps.push([at, from]);
    at = to;
  }
  return at < ALL_PLACES ? [...gaps, [at, ALL_PLACES]] : gaps;
}

function joined(places: readonly Places[]): Places[] {
  const whole: Places[] = [];
  for (const [from, to] of inOrder(places)) {
    const last = whole.at(-1);
    if (last?.[1] === from) whole[whole.length - 1] = [last[0], to];
    else whole.push([from, to]);
  }
  return whole;
}

function inOrder(places: readonly Places[]): Places[] {
  return [...places].sort((a, b) => a[0] - b[0]);
}
