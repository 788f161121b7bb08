import { dateOfDay, dayNumber, type DayNumber } from './date.js';
import type { Instant, Milliseconds } from './instant.js';
import type { CalendarUnit } from './rule.js';

const DAY: Milliseconds = 86_400_000;
const MOST_REMEMBERED = 20_000;

/** A period of the calendar, counted from the one of 1970-01-01 (months and years: from year 0). */
export type PeriodNumber = number;

/** Whether the name is one of the IANA time-zone database. */
export function isTimeZone(name: unknown): name is string {
  if (typeof name !== 'string' || !/^[A-Za-z][\w+/-]*$/.test(name)) return false;
  try {
    return clockOf(name) !== undefined;
  } catch {
    return false;
  }
}

/** The period of a time zone in which an instant lies. */
export function periodOf(unit: CalendarUnit, timeZone: string, at: Instant): PeriodNumber {
  let period = UNITS[unit].nearPeriodOf(Math.floor(at / DAY));
  while (at >= startOf(unit, timeZone, period + 1)) period += 1;
  while (at < startOf(unit, timeZone, period)) period -= 1;
  return period;
}

/** The first instant of a period in a time zone, right across changes of the clock. */
export function startOf(unit: CalendarUnit, timeZone: string, period: PeriodNumber): Instant {
  return startOfDay(timeZone, UNITS[unit].firstDay(period));
}

/** The longest that so many periods in a row can last, in days. */
export function longestInDays(unit: CalendarUnit, periods: number): number {
  return Math.ceil(UNITS[unit].days * periods) + UNITS[unit].slackDays;
}

interface Unit {
  /** The period of a day, or one nearby. */
  nearPeriodOf(day: DayNumber): PeriodNumber;
  firstDay(period: PeriodNumber): DayNumber;
  days: number;
  slackDays: number;
}

/** Weeks begin on Monday. 1970-01-01 was a Thursday. */
const UNITS: Record<CalendarUnit, Unit> = {
  day: { nearPeriodOf: (day) => day, firstDay: (period) => period, days: 1, slackDays: 0 },
  week: {
    nearPeriodOf: (day) => Math.floor((day + 3) / 7),
    firstDay: (period) => period * 7 - 3,
    days: 7,
    slackDays: 0,
  },
  month: { ...monthsEach(1), days: 30.5, slackDays: 2 },
  quarter: { ...monthsEach(3), days: 91.5, slackDays: 2 },
  year: { ...monthsEach(12), days: 365.5, slackDays: 1 },
};

function monthsEach(months: number): Pick<Unit, 'nearPeriodOf' | 'firstDay'> {
  return {
    nearPeriodOf: (day) => {
      const { year, month } = dateOfDay(day);
      return Math.floor((year * 12 + month - 1) / months);
    },
    firstDay: (period) => dayNumber(0, period * months + 1, 1),
  };
}

const starts = new Map<string, Instant>();

/**
 * The first instant whose date in the zone is this day or later: midnight, where the clock shows it; else the instant at
 * which the clock leaps over it; the first of the two where midnight comes twice.
 */
export function startOfDay(timeZone: string, day: DayNumber): Instant {
  const key = `${timeZone} ${day}`;
  const known = starts.get(key);
  if (known !== undefined) return known;
  if (starts.size >= MOST_REMEMBERED) starts.clear();
  const midnight = day * DAY;
  // A zone's clock is set at most once in two days: one of the offsets around midnight is the right one.
  const candidates = [midnight - DAY, midnight + DAY].map((near) => midnight - offsetAt(timeZone, near));
  const start = candidates.sort((a, b) => a - b).find((at) => dayOf(timeZone, at) >= day)!;
  starts.set(key, start);
  return start;
}

/** The date that a clock of the zone shows. */
export function dayOf(timeZone: string, at: Instant): DayNumber {
  return Math.floor((at + offsetAt(timeZone, at)) / DAY);
}

const clocks = new Map<string, Intl.DateTimeFormat>();

function clockOf(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone);
  if (known) return known;
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    era: 'short',
    ...({ year: 'numeric', month: 'numeric', day: 'numeric' } as const),
    ...({ hour: 'numeric', minute: 'numeric', second: 'numeric' } as const),
  });
  clocks.set(timeZone, clock);
  return clock;
}

/** How far a clock of the zone is ahead of UTC. */
function offsetAt(timeZone: string, at: Instant): Milliseconds {
  const second = Math.floor(at / 1_000) * 1_000;
  const parts = Object.fromEntries(
    clockOf(timeZone)
      .formatToParts(second)
      .map(({ type, value }) => [type, value]),
  );
  const year = parts.era === 'BC' ? 1 - Number(parts.year) : Number(parts.year);
  const day = dayNumber(year, Number(parts.month), Number(parts.day));
  const local = day * DAY + ((Number(parts.hour) * 60 + Number(parts.minute)) * 60 + Number(parts.second)) * 1_000;
  return local - second;
}
