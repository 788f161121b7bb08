import { Temporal } from 'temporal-polyfill';
import type { CalendarUnit } from '../../src/core/rule.js';
import { isPlainDate, naiveDate } from './naive-values.js';

const DAY = 86_400_000;
const { PlainDate, Instant } = Temporal;
type PlainDate = Temporal.PlainDate;

/** Calls are slow, and few dates and instants are asked about again and again. */
function kept<More extends unknown[], Result>(
  find: (zone: string, about: number, ...more: More) => Result,
): (zone: string, about: number, ...more: More) => Result {
  const answers = new Map<string, Map<number, Result>>();
  return (zone, about, ...more) => {
    const key = [zone, ...more].join(' ');
    let known = answers.get(key);
    if (!known || known.size > 50_000) answers.set(key, (known = new Map()));
    let result = known.get(about);
    if (result === undefined) known.set(about, (result = find(zone, about, ...more)));
    return result;
  };
}

// A date is handled as the number of days since 1970-01-01, or as a PlainDate where months and years matter.
const toDays = (date: PlainDate): number => Date.UTC(date.year, date.month - 1, date.day) / DAY;
const fromDays = (days: number): PlainDate => new PlainDate(1970, 1, 1).add({ days });

/** The local date of an instant. */
const localDate = kept((zone, at) => Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDate());

/** The first instant whose local date is this one or a later one; dates that a zone skipped begin with the next. */
const firstInstant = kept((zone, days) => fromDays(days).toZonedDateTime(zone).epochMilliseconds);

function startOfDate(zone: string, date: PlainDate): number {
  return firstInstant(zone, toDays(date));
}

/** The first date of the period that a date is in. */
function periodOf(date: PlainDate, unit: CalendarUnit): PlainDate {
  switch (unit) {
    case 'day':
      return date;
    case 'week':
      return date.subtract({ days: date.dayOfWeek - 1 });
    case 'month':
      return date.with({ day: 1 });
    case 'quarter':
      return date.with({ day: 1, month: date.month - ((date.month - 1) % 3) });
    case 'year':
      return date.with({ day: 1, month: 1 });
  }
}

/** The first date of the period that comes `count` periods later. */
function later(period: PlainDate, unit: CalendarUnit, count: number): PlainDate {
  return unit === 'quarter' ? period.add({ months: 3 * count }) : period.add({ [`${unit}s`]: count });
}

/**
 * The first instant of the period `count` periods after the one that the instant is in: the latest that has begun. Where
 * clocks are turned back over midnight, the new day goes on, though they show the old one once more.
 */
export const periodStart = kept((zone, at, unit: CalendarUnit, count: number) => {
  const tomorrow = localDate(zone, at).add({ days: 1 });
  const latest = startOfDate(zone, tomorrow) <= at ? tomorrow : localDate(zone, at);
  return startOfDate(zone, later(periodOf(latest, unit), unit, count));
});

/** The year in which an instant is, in a zone. */
export function localYear(zone: string, at: number): number {
  return localDate(zone, at).year;
}

/** The day of a date in another year: from its first instant to the next day's; undefined if there is none. */
export function anniversaryIn(value: unknown, zone: string, year: number): Span | undefined {
  if (naiveDate(value) === undefined) return undefined;
  return anniversary(zone, year, JSON.stringify(value)) ?? undefined;
}

type Span = readonly [from: number, to: number];

const anniversary = kept((zone, year, text: string): Span | null => {
  const value: unknown = JSON.parse(text);
  const date = isPlainDate(value) ? PlainDate.from(value) : localDate(zone, naiveDate(value)!);
  if (year <= date.year) return null;
  const day = PlainDate.from({ year, month: date.month, day: date.day }, { overflow: 'constrain' });
  return [startOfDate(zone, day), startOfDate(zone, day.add({ days: 1 }))];
});
