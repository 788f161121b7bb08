import { dayOf, startOfDay } from '../calendar.js';
import { dateOfDay, dayNumber, FURTHEST, instantOf, parseDay, type DayNumber } from '../date.js';
import { parseDuration, type Instant } from '../instant.js';
import type { Anniversary, AttributeRule } from '../rule.js';

/** Whether a value holds as of an instant, and until when that can't change if the value stays. */
export type TimedTest = (value: unknown, asOf: Instant) => { holds: boolean; until: Instant };

/** The operators on an attribute for which time makes a difference. */
export const DATE_OPERATORS = ['withinLast', 'olderThan', 'withinNext', 'furtherThan', 'anniversary'] as const;

export type DateOperatorName = (typeof DATE_OPERATORS)[number];

/** Compiles one of a rule's date operators. What is no date never holds. */
export function dateTest(name: DateOperatorName, rule: AttributeRule): TimedTest {
  if (name === 'anniversary') return anniversaryTest(rule.anniversary!);
  const span = parseDuration(rule[name])!;
  const intervalOf = (date: Instant): [Instant, Instant] => {
    switch (name) {
      case 'withinLast':
        return [date, reached(date + span)];
      case 'olderThan':
        return [reached(date + span), Infinity];
      case 'withinNext':
        return [date - span, date];
      case 'furtherThan':
        return [-Infinity, date - span];
    }
  };
  return (value, asOf) => {
    const date = instantOf(value);
    return date === undefined ? { holds: false, until: Infinity } : inInterval(intervalOf(date), asOf);
  };
}

/** An instant beyond all dates is never reached. */
function reached(at: Instant): Instant {
  return at > FURTHEST ? Infinity : at;
}

function inInterval([from, to]: readonly [Instant, Instant], asOf: Instant): { holds: boolean; until: Instant } {
  if (asOf < from) return { holds: false, until: from };
  return asOf < to ? { holds: true, until: to } : { holds: false, until: Infinity };
}

/** From `within` before the day to its end, in every year after the date's own. */
function anniversaryTest({ timeZone, within }: Anniversary): TimedTest {
  const ahead = parseDuration(within) ?? 0;
  return (value, asOf) => {
    const born = localDay(value, timeZone);
    if (born === undefined) return { holds: false, until: Infinity };
    const first = dateOfDay(born).year + 1;
    // Somewhere it may be last year still, and the lead of next year's day may have begun.
    const present = dateOfDay(Math.floor(asOf / 86_400_000)).year;
    for (let year = Math.max(first, present - 1); ; year++) {
      const day = anniversaryIn(year, born);
      const end = startOfDay(timeZone, day + 1);
      if (asOf >= end) continue;
      const from = startOfDay(timeZone, day) - ahead;
      return asOf < from ? { holds: false, until: from } : { holds: true, until: end };
    }
  };
}

/** A date without a time is the same day everywhere; an instant is a day by the clock of the zone. */
function localDay(value: unknown, timeZone: string): DayNumber | undefined {
  const day = typeof value === 'string' ? parseDay(value) : undefined;
  if (day !== undefined) return day;
  const at = instantOf(value);
  return at === undefined ? undefined : dayOf(timeZone, at);
}

/** 29 February is kept on the 28th in years that have no 29th. */
function anniversaryIn(year: number, born: DayNumber): DayNumber {
  const { month, day } = dateOfDay(born);
  const same = dayNumber(year, month, day);
  return dateOfDay(same).month === month ? same : same - 1;
}
