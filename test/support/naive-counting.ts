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
  const bounds = { least: Math.max(atLeast, exactly ?? 0), most: Math.min(atMost, exactly ?? Infinity) };
  const { true: t, pending, insufficient } = tally;
  const truth = certainly(t, t + pending + insufficient, bounds);
  if (truth) return truth;
  for (let resolved = t; pending > 0 && resolved <= t + pending; resolved++) {
    if (certainly(resolved, resolved + insufficient, bounds)) return 'pending';
  }
  return 'insufficient';
}

/** Whether all numbers, or none, from one to another are within bounds; undefined if some are. */
function certainly(
  from: number,
  to: number,
  { least, most }: { least: number; most: number },
): 'true' | 'false' | undefined {
  if (from >= least && to <= most) return 'true';
  return Math.max(from, least) > Math.min(to, most) ? 'false' : undefined;
}

export function tallyOf(values: readonly string[], unseen = 0): Tally {
  const number = (wanted: string): number => values.filter((value) => value === wanted).length;
  return { true: number('true'), pending: number('pending'), insufficient: number('insufficient') + unseen };
}
