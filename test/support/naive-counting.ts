import type { Count } from '../../src/core/rule.js';
import type { NaiveValue } from './naive-world.js';

/** How many of some parts have each value; those that are false don't matter. */
export interface Tally {
  true: number;
  pending: number;
  insufficient: number;
}

/**
 * Whether the number of parts that are true keeps its bounds, as far as it can be known: every part that is pending may
 * turn out to be true and time will tell; of the insufficient ones nobody ever will.
 */
export function kleene(tally: Tally, { atLeast = 0, atMost = Infinity, exactly }: Count): NaiveValue {
  const least = Math.max(atLeast, exactly ?? 0);
  const most = Math.min(atMost, exactly ?? Infinity);
  const allWithin = (from: number, to: number): boolean => from >= least && to <= most;
  const noneWithin = (from: number, to: number): boolean => Math.max(from, least) > Math.min(to, most);
  const { true: t, pending, insufficient } = tally;
  if (allWithin(t, t + pending + insufficient)) return 'true';
  if (noneWithin(t, t + pending + insufficient)) return 'false';
  for (let resolved = t; pending > 0 && resolved <= t + pending; resolved++) {
    if (allWithin(resolved, resolved + insufficient) || noneWithin(resolved, resolved + insufficient)) return 'pending';
  }
  return 'insufficient';
}

export function tallyOf(values: readonly string[], unseen = 0): Tally {
  const number = (wanted: string): number => values.filter((value) => value === wanted).length;
  return { true: number('true'), pending: number('pending'), insufficient: number('insufficient') + unseen };
}
