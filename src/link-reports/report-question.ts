import { periodOf, startOf } from '../core/calendar.js';
import { parseDay } from '../core/date.js';
import { utcDay, type Instant, type Milliseconds } from '../core/instant.js';
import { YEAR_1 } from '../platform/array-parameters.js';
import { Problem, type ProblemEntry } from '../platform/problem.js';
import type { Attribution } from './credits.js';
import { CUTS, DIMENSIONS, type Cut, type Dimension } from './cuts.js';
import { WINDOW_NAMES, WINDOW_SPANS } from './windows.js';

/** Periods into which a report is divided; weeks begin on Monday. All days are days in UTC. */
export const PERIODS = ['day', 'week', 'month'] as const;

export type Period = (typeof PERIODS)[number];

/** What is asked about time and about what clicks led to, not checked yet but for what is one of a list. */
export interface AskedSpan {
  period: Period;
  from?: string | undefined;
  to?: string | undefined;
  window: string;
  attribution: Attribution;
}

/** Which time a report is about, in whole periods, and what counts as a click's doing. */
export interface ReportSpan {
  period: Period;
  /** The first day, and the day after the last one, as `2026-11-28`. */
  from: string;
  to: string;
  /** As `7d`, and its place among all windows. */
  window: string;
  step: number;
  attribution: Attribution;
}

export interface ReportQuestion extends ReportSpan {
  cut: Cut;
  /** Only where a dimension of the cut has one of some values. */
  only: ReadonlyMap<Dimension, readonly string[]>;
}

const DAY: Milliseconds = 86_400_000;
const MOST_DAYS = 1_100;
const PERIODS_UNLESS_GIVEN = { day: 30, week: 12, month: 12 };

/** What is asked for. Throws a 400 problem that lists all that is wrong. */
export function questionOf(
  asked: AskedSpan & { by: string } & { [D in Dimension]?: string | undefined },
  now: Instant,
): ReportQuestion {
  const cut = CUTS.find(({ key }) => key === asked.by)!;
  const given = DIMENSIONS.filter((dimension) => asked[dimension] !== undefined);
  const problems = given
    .filter((dimension) => !cut.dimensions.includes(dimension))
    .map((dimension): ProblemEntry => {
      const detail = `a report by ${cut.key} does not tell clicks apart by ${dimension}`;
      return { pointer: `/${dimension}`, detail, expected: `none, or "by=${dimension}"` };
    });
  const only = new Map(given.map((dimension) => [dimension, [asked[dimension]!]]));
  return { ...spanOf(asked, now, problems), cut, only };
}

/** Throws a 400 problem that lists all that is wrong, with `more`. */
export function spanOf(asked: AskedSpan, now: Instant, more: readonly ProblemEntry[] = []): ReportSpan {
  const { period, window, attribution } = asked;
  const present = periodOf(period, 'UTC', now);
  const problems = [...more];
  const read = (name: 'from' | 'to', unlessGiven: Instant): Instant => {
    const text = asked[name];
    if (text === undefined) return unlessGiven;
    const day = (parseDay(text) ?? NaN) * DAY;
    const at = day < YEAR_1 ? NaN : day;
    if (at === beginning(period, at)) return at;
    const near = Number.isNaN(at) ? '' : `, such as "${utcDay(beginning(period, at))}"`;
    const detail = Number.isNaN(at) ? 'no day of the calendar' : `in the middle of a ${period}`;
    problems.push({ pointer: `/${name}`, detail, expected: `the first day of a ${period} (UTC)${near}` });
    return unlessGiven;
  };
  const to = read('to', startOf(period, 'UTC', present + 1));
  const before = startOf(period, 'UTC', periodOf(period, 'UTC', to) - PERIODS_UNLESS_GIVEN[period]);
  const from = read('from', Math.max(before, YEAR_1));
  if (problems.length === more.length && (from >= to || to - from > MOST_DAYS * DAY)) {
    const detail = from >= to ? 'it is not before "to"' : `more than ${MOST_DAYS} days are asked for at once`;
    problems.push({ pointer: '/from', detail, expected: `a day before "to", at most ${MOST_DAYS} days` });
  }
  if (problems.length > 0) throw Problem.badRequest('The query is not right.', problems);
  return { period, from: utcDay(from), to: utcDay(to), window, step: WINDOW_NAMES.indexOf(window), attribution };
}

/** Whether nothing that happens from now on can be the doing of a click in the period that begins on a day. */
export function isSettled({ period, step }: ReportSpan, day: string, now: Instant): boolean {
  const end = startOf(period, 'UTC', periodOf(period, 'UTC', Date.parse(day)) + 1);
  return end + WINDOW_SPANS[step]! <= now;
}

function beginning(period: Period, at: Instant): Instant {
  return Number.isNaN(at) ? at : startOf(period, 'UTC', periodOf(period, 'UTC', at));
}
