import type { Instant, Milliseconds } from './instant.js';

const DAY: Milliseconds = 86_400_000;
/** The furthest instant from 1970 that a date can name. */
export const FURTHEST: Milliseconds = 8.64e15;
/** Numbers nearer to zero are unix seconds, others unix milliseconds: 10^11 s is the year 5138, 10^11 ms is 1973. */
const FIRST_MILLISECONDS = 1e11;

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const INSTANT = /^(\d{4}-\d\d-\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:Z|([+-])(\d\d):(\d\d))$/;

/** A date of the calendar, without a time or a zone: days since 1970-01-01. */
export type DayNumber = number;

/** Reads ISO 8601 with date, time and zone; undefined for anything else, impossible dates included. Cut to whole ms. */
export function parseInstant(text: string): Instant | undefined {
  const [, date, hours, minutes, seconds = '0', fraction = '', sign, zoneHours = '0', zoneMinutes = '0'] =
    INSTANT.exec(text) ?? [];
  const day = date === undefined ? undefined : parseDay(date);
  if (day === undefined) return undefined;
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  if (Number(zoneHours) > 23 || Number(zoneMinutes) > 59) return undefined;
  const local = day * DAY + (Number(hours) * 60 + Number(minutes)) * 60_000 + Number(seconds) * 1_000;
  const offset = (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60_000 * (sign === '-' ? -1 : 1);
  return local + Number(fraction.padEnd(3, '0').slice(0, 3)) - offset;
}

/** Reads `YYYY-MM-DD`; undefined for anything else, days that no month has included. */
export function parseDay(text: string): DayNumber | undefined {
  const [, year, month, day] = DATE.exec(text) ?? [];
  if (year === undefined) return undefined;
  const number = dayNumber(Number(year), Number(month), Number(day));
  const read = dateOfDay(number);
  return read.month === Number(month) && read.day === Number(day) ? number : undefined;
}

/**
 * The instant that a property's value names: ISO 8601 text, `YYYY-MM-DD` (midnight UTC), or a unix time in seconds or
 * milliseconds. Undefined for anything else.
 */
export function instantOf(value: unknown): Instant | undefined {
  if (typeof value === 'number') {
    const at = Math.floor(Math.abs(value) < FIRST_MILLISECONDS ? value * 1_000 : value);
    return Math.abs(at) <= FURTHEST ? at : undefined;
  }
  if (typeof value !== 'string') return undefined;
  const day = parseDay(value);
  return day === undefined ? parseInstant(value) : day * DAY;
}

/** Months and days count from 1; those beyond the end of a month or year lead into the next. */
export function dayNumber(year: number, month: number, day: number): DayNumber {
  return new Date(0).setUTCFullYear(year, month - 1, day) / DAY;
}

export function dateOfDay(number: DayNumber): { year: number; month: number; day: number } {
  const date = new Date(number * DAY);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}
