import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { periodOf, startOf } from '../core/calendar.js';
import { utcDay } from '../core/instant.js';
import { query, type Transaction } from '../platform/database.js';
import { streamedSnapshot } from '../platform/streamed-snapshot.js';
import { AnonymousCounts, type AnonymousClicks, type ClickCounts } from './anonymous-clicks.js';
import { DELIVERIES, DIMENSIONS, ORIGINS, type Dimension } from './cuts.js';
import { COUNTS } from './figure.js';
import { FIGURE_TABLES } from './figure-tables.js';
import { kindOf } from './figures-of.js';
import type { Period, ReportQuestion } from './report-question.js';

/** What was counted of a value in a period: of people, and of nobody known. */
export interface CountedRow extends FigureRow {
  anonymous: ClickCounts;
}

/** What is told by the figures; large numbers as text. */
interface FigureRow {
  value: (string | null)[];
  /** Its first day. */
  period: string;
  human: string;
  suspect: string;
  machine: string;
  clickers: string;
  click_days: string;
  clicked: string;
  /** Null where no message is known in which it stood. */
  deliveries: string | null;
  checkouts: string;
  checkout_days: string;
  purchase_days: string;
  /** How long purchases took in all, in milliseconds. */
  lag_ms: string;
  /** By window and currency: what is new in the window that begins at a step. */
  purchases: [step: number, currency: string, conversions: number, revenue: string][] | null;
}

const ROWS_AT_ONCE = 1_000;

/** How many times as many periods are added up at once after some that gave few rows. */
const GROWTH = 4;

/** Reads reports off the figures: those added up, and the changes that wait, in one snapshot. */
@Injectable()
export class ReportQuery {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * In order of period, the most clicked first; through a cursor, no more than some rows are ever in memory. Few periods are
   * added up at once where they have many rows, so that the first rows of a long report come as soon as those of a short one.
   * Clicks of nobody known are counted beside them where that is given who counts them.
   */
  rows(question: ReportQuestion, nobodys?: AnonymousClicks): AsyncGenerator<CountedRow> {
    return streamedSnapshot(this.dataSource, (tx) => countedRows(tx, question, nobodys));
  }

  /** Whether everybody is counted as the log is now. */
  async isUpToDate(tx: Transaction): Promise<boolean> {
    const [row] = await query<{ is: boolean }>(
      tx,
      'SELECT NOT EXISTS (SELECT FROM profiles WHERE is_link_report_due) AS is',
    );
    return row!.is;
  }
}

const CLICKERS = { day: 'clickers', week: 'week_clickers', month: 'month_clickers' };

async function* countedRows(
  tx: Transaction,
  question: ReportQuestion,
  nobodys?: AnonymousClicks,
): AsyncGenerator<CountedRow> {
  await query(tx, 'SET LOCAL jit = off');
  let [from, periods] = [question.from, 1];
  while (from < question.to) {
    const to = earlier(periodsAfter(question, from, periods), question.to);
    const anonymous = (await nobodys?.count(tx, question, { from, to })) ?? new AnonymousCounts();
    const read = yield* withAnonymous(rowsOf(tx, reportSql(question, { from, to })), anonymous);
    if (read < ROWS_AT_ONCE) periods *= GROWTH;
    from = to;
  }
}

/** The rows of some periods. */
async function* rowsOf(tx: Transaction, { sql, parameters }: ReportSql): AsyncGenerator<FigureRow> {
  await query(tx, `DECLARE report NO SCROLL CURSOR FOR ${sql}`, parameters);
  let rows: FigureRow[];
  do {
    rows = await query<FigureRow>(tx, `FETCH ${ROWS_AT_ONCE} FROM report`);
    yield* rows;
  } while (rows.length === ROWS_AT_ONCE);
  await query(tx, 'CLOSE report');
}

/** The same with the clicks of nobody known, those that stand alone at the end of their period; and how many rows these are. */
async function* withAnonymous(
  rows: AsyncIterable<FigureRow>,
  anonymous: AnonymousCounts,
): AsyncGenerator<CountedRow, number> {
  let read = 0;
  const alone = (before?: string): CountedRow[] =>
    anonymous
      .takeBefore(before)
      .map(({ value, period, counts }) => ({ ...NOTHING, value: [...value], period, anonymous: counts }));
  let period = '';
  for await (const row of rows) {
    const earlier = row.period === period ? [] : alone(row.period);
    period = row.period;
    yield* earlier;
    yield { ...row, anonymous: anonymous.take(period, row.value) };
    read += earlier.length + 1;
  }
  const last = alone();
  yield* last;
  return read + last.length;
}

/** The day on which so many periods from a day on have passed. */
function periodsAfter({ period }: ReportQuestion, day: string, periods: number): string {
  return utcDay(startOf(period, 'UTC', periodOf(period, 'UTC', Date.parse(day)) + periods));
}

function earlier(a: string, b: string): string {
  return a < b ? a : b;
}

interface ReportSql {
  sql: string;
  parameters: unknown[];
}

/** The statement for some periods of a report. */
export function reportSql(question: ReportQuestion, some: Pick<ReportQuestion, 'from' | 'to'>): ReportSql {
  const { cut, only, period, step, attribution } = question;
  const kinds = ['clicks', kindOf('checkout', attribution), kindOf('purchase', attribution)];
  const parameters: unknown[] = [cut.key, kinds, some.from, some.to, step];
  const where = wanted(cut.dimensions, only, parameters);
  const inPeriod = `date_trunc('${period}', day::timestamp)::date`;
  const sql = `
    WITH fine AS (
      SELECT value, ${inPeriod} AS period, kind, step, currency,
             sum(human) AS human, sum(suspect) AS suspect, sum(machine) AS machine,
             sum(${CLICKERS[period]}) AS clickers, sum(clickers) AS click_days, sum(clicked) AS clicked,
             sum(conversions) AS conversions, sum(days) AS days, sum(lag_ms) AS lag_ms, sum(revenue) AS revenue
        FROM ${figures(period, `cut = $1 AND kind = ANY($2::text[]) AND day >= $3::date AND day < $4::date AND step <= $5 AND ${where}`)}
       GROUP BY 1, 2, 3, 4, 5
    ), counted AS (
      SELECT value, period, sum(human) AS human, sum(suspect) AS suspect, sum(machine) AS machine,
             sum(clickers) AS clickers, sum(click_days) AS click_days, sum(clicked) AS clicked,
             coalesce(sum(conversions) FILTER (WHERE kind = ($2::text[])[2]), 0) AS checkouts,
             coalesce(sum(days) FILTER (WHERE kind = ($2::text[])[2]), 0) AS checkout_days,
             coalesce(sum(days) FILTER (WHERE kind = ($2::text[])[3]), 0) AS purchase_days,
             coalesce(sum(lag_ms) FILTER (WHERE kind = ($2::text[])[3]), 0) AS lag_ms,
             jsonb_agg(jsonb_build_array(step, currency, conversions, revenue::text) ORDER BY step, currency)
               FILTER (WHERE kind = ($2::text[])[3] AND (conversions <> 0 OR revenue <> 0)) AS purchases
        FROM fine GROUP BY 1, 2
    ), sent AS (
      SELECT value AS message, ${inPeriod} AS period, sum(deliveries) AS deliveries
        FROM ${figures(period, `cut = '${DELIVERIES}' AND kind = 'clicks' AND day >= $3::date AND day < $4::date`)}
       GROUP BY 1, 2
    ), delivered AS (${deliveredTo(question, parameters)})
    SELECT value, period::text, ${COUNTED.map((name) => `coalesce(${name}, 0) AS ${name}`).join(', ')},
           deliveries, purchases
      FROM counted FULL JOIN (SELECT * FROM delivered WHERE ${where}) AS delivered USING (value, period)
     ORDER BY period, coalesce(human, 0) + coalesce(suspect, 0) + coalesce(machine, 0) DESC, value`;
  return { sql, parameters };
}

/** Which values are asked for. One that is known as a whole is found by the index, instead of among all of the span. */
function wanted(dimensions: readonly Dimension[], only: ReportQuestion['only'], parameters: unknown[]): string {
  const values = dimensions.map((dimension) => only.get(dimension));
  if (values.length > 0 && values.every((one) => one?.length === 1))
    return `value = $${parameters.push(values.flat())}::text[]`;
  const parts = [...only].map(
    ([dimension, some]) => `value[${dimensions.indexOf(dimension) + 1}] = ANY($${parameters.push(some)}::text[])`,
  );
  return ['true', ...parts].join(' AND ');
}

const COUNTED = [
  ...['human', 'suspect', 'machine', 'clickers', 'click_days', 'clicked'],
  ...['checkouts', 'checkout_days', 'purchase_days', 'lag_ms'],
];

/** The figures of a value of which nothing is told by anybody known. */
const NOTHING: Omit<FigureRow, 'value' | 'period'> = {
  ...{ human: '0', suspect: '0', machine: '0', clickers: '0', click_days: '0', clicked: '0', deliveries: null },
  ...{ checkouts: '0', checkout_days: '0', purchase_days: '0', lag_ms: '0', purchases: null },
};

/** Figures by period, and what waits to be added to them. */
function figures(period: Period, where: string): string {
  const of = (table: string): string => `SELECT ${FIGURE} FROM ${table} WHERE ${where}`;
  return `(${of(FIGURE_TABLES[period])} UNION ALL ${of('link_report_changes')}) AS figures`;
}

const FIGURE = `cut, kind, day, value, step, currency, ${[...COUNTS, 'revenue'].join(', ')}`;

/** Where deliveries stand among the parts of a message. */
const SENT_TO: Readonly<Record<string, string>> = {
  total: 'ARRAY[]::text[]',
  campaign: 'message[1:1]',
  channel: 'message[3:3]',
};

/**
 * By value and period, how many messages in which it stood were delivered. Of campaigns and channels the deliveries tell
 * themselves; anything else stood in the messages of which it was clicked in the months of the report.
 */
function deliveredTo({ cut, only, from, to }: ReportQuestion, parameters: unknown[]): string {
  const direct = SENT_TO[cut.key];
  if (direct !== undefined)
    return `SELECT ${direct} AS value, period, sum(deliveries) AS deliveries FROM sent GROUP BY 1, 2`;
  const parts = cut.dimensions.map((dimension) => `value[${DIMENSIONS.indexOf(dimension) + 1}]`);
  const message = `value[${DIMENSIONS.length + 1}:${DIMENSIONS.length + 3}]`;
  const last = parameters.push(from, to);
  const inMonths = `day >= date_trunc('month', $${last - 1}::date) AND day < $${last}::date`;
  const isWanted = wanted(DIMENSIONS, only, parameters);
  return `
    SELECT origin.value, period, sum(deliveries) AS deliveries
      FROM (SELECT ARRAY[${parts.join(', ')}] AS value, ${message} AS message
              FROM ${figures('day', `cut = '${ORIGINS}' AND kind = 'clicks' AND ${inMonths} AND ${isWanted}`)}
             GROUP BY 1, 2 HAVING sum(clicked) > 0) AS origin
      JOIN sent USING (message) GROUP BY 1, 2`;
}
