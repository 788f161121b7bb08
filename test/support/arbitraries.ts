import fc from 'fast-check';
import type { HistoryEvent } from '../../src/core/history-event.js';
import type { EventName, Rule } from '../../src/core/rule.js';
import { anyRule, type RuleLimits } from './arbitraries-rules.js';
import { anyHistory, anyInstant, anyStarts, CALENDARS, DENSE, type Tempo } from './arbitraries-worlds.js';
import type { NaiveWorld } from './naive-world.js';

/** A rule and all that is known about a profile, in plain values that can be shrunk and printed. */
export interface OracleCase {
  rule: Rule;
  events: HistoryEvent[];
  /** Since when the data of each event name are complete. */
  starts: Record<string, number>;
  profile: string;
  segments: Record<string, Rule>;
}

/** Segments that name only those before them; of what lasts, there is one level in each at most. */
function anySegments(tempo: Tempo): fc.Arbitrary<Record<string, Rule>> {
  const small = (limits: Omit<RuleLimits, 'depth'>): fc.Arbitrary<Rule> => anyRule(tempo, { ...limits, depth: 1 });
  return fc.record({
    s0: small({ segments: [], mayLast: false }),
    s1: small({ segments: ['s0'], mayLast: true }),
    s2: small({ segments: ['s0', 's1'], mayLast: false }),
  });
}

function anyCaseOf(tempo: Tempo): fc.Arbitrary<OracleCase> {
  return fc.record({
    rule: anyRule(tempo, { segments: ['s0', 's1', 's2'], mayLast: true, depth: 3 }),
    events: anyHistory(tempo),
    starts: anyStarts(tempo),
    profile: fc.constantFrom('p', 'q1', 'q22', 'q333', 'Zoë', '名'),
    segments: anySegments(tempo),
  });
}

/** Cases of seconds: all but dates by the calendar meets here. */
export const anyDenseCase = anyCaseOf(DENSE);

/** Cases of days and months, about the days on which clocks change. */
export const anyCalendarCase = fc.oneof(...CALENDARS.map(anyCaseOf));

export const anyCase = fc.oneof({ arbitrary: anyDenseCase, weight: 1 }, { arbitrary: anyCalendarCase, weight: 1 });

/** An instant near which things happen in dense cases. */
export const anyDenseInstant = anyInstant(DENSE);

/** The same as plain functions; of a prefix, data are complete since the latest start among the names it is a prefix of. */
export function worldOfCase({ events, starts, profile, segments }: OracleCase): NaiveWorld {
  const startsAt = (name: EventName): number => {
    if (typeof name === 'string') return starts[name] ?? -Infinity;
    const named = Object.keys(starts).filter((one) => one.startsWith(name.startsWith));
    return Math.max(-Infinity, ...named.map((one) => starts[one]!));
  };
  return { events, startsAt, profile, segments };
}
