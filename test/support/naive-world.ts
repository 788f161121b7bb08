import type { HistoryEvent } from '../../src/core/history-event.js';
import type { EventName, Rule } from '../../src/core/rule.js';

/** All that there is to know about a profile, as a rule's second writing sees it. Never changed once it is judged. */
export interface NaiveWorld {
  events: readonly HistoryEvent[];
  startsAt: (name: EventName) => number;
  /** The profile's key, for buckets. */
  profile: string;
  segments: Readonly<Record<string, Rule>>;
}

export type NaiveValue = 'true' | 'false' | 'pending' | 'insufficient';

/** A world of events alone: complete data, no segments. */
export function worldOf(events: readonly HistoryEvent[], rest: Partial<NaiveWorld> = {}): NaiveWorld {
  return { events, startsAt: () => -Infinity, profile: 'p', segments: {}, ...rest };
}

/** The span of a duration such as "30d"; what is not given never ends. */
export function ms(duration: string | undefined): number {
  if (duration === undefined) return Infinity;
  const units: Record<string, number> = { s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 };
  return Number.parseInt(duration, 10) * units[duration.at(-1)!]!;
}

/** Remembers, for each world, what does not depend on the rule. */
export function rememberedOf<Result extends object>(
  find: (world: NaiveWorld) => Result,
): (world: NaiveWorld) => Result {
  const worlds = new WeakMap<NaiveWorld, Result>();
  return (world) => {
    let result = worlds.get(world);
    if (!result) worlds.set(world, (result = find(world)));
    return result;
  };
}

/** Remembers, for each world and part of a rule, what does not depend on the instant. Saves time; changes no answer. */
export function remembered<Part extends object, Result>(
  find: (part: Part, world: NaiveWorld) => Result,
): (part: Part, world: NaiveWorld) => Result {
  const worlds = new WeakMap<NaiveWorld, Map<Part, Result>>();
  return (part, world) => {
    let known = worlds.get(world);
    if (!known) worlds.set(world, (known = new Map()));
    let result = known.get(part);
    if (result === undefined) known.set(part, (result = find(part, world)));
    return result;
  };
}
