import { longestInDays, periodOf, startOf } from './calendar.js';
import { parseInstant } from './date.js';
import { durationInWords, parseDuration, type Instant, type Milliseconds } from './instant.js';
import type { CalendarUnit, CalendarWindow, WindowFields } from './rule.js';

const DAY: Milliseconds = 86_400_000;

/** The span that a condition looks back over, as the interval of `asOf` in which an event at `t` counts. */
export interface Window {
  /** The first instant as of which an event at `at` counts; no earlier for a later event. */
  beginsAt(at: Instant): Instant;
  /** The instant as of which it counts no more; not after {@link beginsAt}: it never counts. */
  endsAt(at: Instant): Instant;
  /** The earliest instant of an event that can count as of an instant or later. */
  reachesBackTo(asOf: Instant): Instant;
  /** From when on the window lies wholly in the time since `start`, an instant that is no infinity. */
  completeFrom(start: Instant): Instant;
  /** How far back before `asOf` an event can still matter, in ms; `Infinity` without an end. */
  lookback: Milliseconds;
  /** ` in the last 30 days`; empty without a window. */
  words: string;
}

/** Compiles a checked condition's window; of the fields only one kind is given. */
export function compileWindow(fields: WindowFields): Window {
  if (fields.between) return between(fields.between);
  if (fields.calendar) return calendarWindow(fields.calendar);
  return new Rolling(parseDuration(fields.within) ?? Infinity, parseDuration(fields.before) ?? 0);
}

/** At most `within` ago and at least `before` ago. A class, since most windows are of this kind: it is quick. */
class Rolling implements Window {
  readonly words: string;
  readonly lookback: Milliseconds;

  constructor(
    private readonly within: Milliseconds,
    private readonly before: Milliseconds,
  ) {
    this.words = rollingInWords(within, before);
    this.lookback = within;
  }

  beginsAt(at: Instant): Instant {
    return at + this.before;
  }

  endsAt(at: Instant): Instant {
    return at + this.within;
  }

  reachesBackTo(asOf: Instant): Instant {
    return asOf - this.within + 1;
  }

  completeFrom(start: Instant): Instant {
    return start + this.within;
  }
}

function rollingInWords(within: Milliseconds, before: Milliseconds): string {
  if (before === 0) return within === Infinity ? '' : ` in the last ${durationInWords(within)}`;
  if (within === Infinity) return `, at least ${durationInWords(before)} ago`;
  return ` between ${durationInWords(within)} and ${durationInWords(before)} ago`;
}

/** From one instant on and before another, whatever `asOf`. */
function between([from, until]: readonly [string | null, string | null]): Window {
  const first = from === null ? -Infinity : parseInstant(from)!;
  const end = until === null ? Infinity : parseInstant(until)!;
  const words = from === null ? ` before ${until}` : until === null ? ` since ${from}` : ` from ${from} until ${until}`;
  return {
    beginsAt: (at) => at,
    endsAt: (at) => (first <= at && at < end ? Infinity : -Infinity),
    reachesBackTo: () => first,
    completeFrom: (start) => (first >= start ? -Infinity : Infinity),
    lookback: Infinity,
    words,
  };
}

/** The present period of a calendar, so many before it, or both. */
function calendarWindow({ unit, timeZone, last = 0, current = false }: CalendarWindow): Window {
  // Asked for one event after the other: many lie in one period.
  let known = { period: 0, from: 0, to: 0 };
  const edge = (at: Instant, periods: number): Instant => {
    if (at < known.from || at >= known.to) {
      const period = periodOf(unit, timeZone, at);
      known = { period, from: startOf(unit, timeZone, period), to: startOf(unit, timeZone, period + 1) };
    }
    return startOf(unit, timeZone, known.period + periods);
  };
  return {
    beginsAt: (at) => (current ? at : edge(at, 1)),
    endsAt: (at) => edge(at, last + 1),
    reachesBackTo: (asOf) => edge(asOf, -last),
    // The window begins `last` periods back: with the first period that begins no earlier than `start`.
    completeFrom: (start) => edge(start - 1, last + 1),
    lookback: longestInDays(unit, last + 1) * DAY + DAY,
    words: ` ${periodsInWords(unit, last, current)} (${timeZone})`,
  };
}

/** `in the 3 calendar months before this one`. */
function periodsInWords(unit: CalendarUnit, last: number, current: boolean): string {
  const present = unit === 'day' ? 'today' : `in this calendar ${unit}`;
  if (last === 0) return present;
  const many = last === 1 ? `calendar ${unit}` : `${last} calendar ${unit}s`;
  return current ? `${present} or the ${last === 1 ? 'one' : last} before` : `in the ${many} before this one`;
}
