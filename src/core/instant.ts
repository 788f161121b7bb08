/** An instant: whole milliseconds since 1970-01-01T00:00:00Z. The core never asks a clock; every instant is passed in. */
export type Instant = number;

/** After every instant. A name of the module: a global is looked up slowly in a context of its own, as under Jest. */
export const NEVER: Instant = Infinity;

/** The earlier of two; quick in every context, as {@link NEVER} is. */
export function earlier(one: Instant, other: Instant): Instant {
  return one < other ? one : other;
}

export function later(one: Instant, other: Instant): Instant {
  return one > other ? one : other;
}

/** A span of time in whole milliseconds. A day is 86,400,000 ms, whatever the calendar says. */
export type Milliseconds = number;

const UNIT_MS: Record<string, Milliseconds> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const DURATION = /^(\d{1,9})([smhdw])$/;

/** Reads a duration such as `"30d"`, `"36h"`, `"90m"`, `"45s"` or `"2w"`; undefined for anything else, zero included. */
export function parseDuration(text: unknown): Milliseconds | undefined {
  const [, amount, unit] = (typeof text === 'string' && DURATION.exec(text)) || [];
  if (amount === undefined || unit === undefined) return undefined;
  return Number(amount) * UNIT_MS[unit]! || undefined;
}

/** Says a span in words, in the largest unit that divides it: `259200000` → `"3 days"`. */
export function durationInWords(span: Milliseconds): string {
  const units: [string, Milliseconds][] = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1_000],
  ];
  const [name, size] = units.find(([, unit]) => span % unit === 0) ?? ['millisecond', 1];
  const amount = span / size;
  return `${amount} ${name}${amount === 1 ? '' : 's'}`;
}

/** An instant as ISO 8601 in UTC with milliseconds, as every API answer states it. */
export function toIso(at: Instant): string {
  return new Date(at).toISOString();
}

/** The day in UTC on which an instant lies, as `2026-11-28`. */
export function utcDay(at: Instant): string {
  return toIso(at).slice(0, 10);
}
