import { DataSource } from 'typeorm';
import type { Figure } from '../../src/link-reports/figure.js';
import { FigureKeeper } from '../../src/link-reports/figure-keeper.js';
import type { TestDatabase } from './database.js';
import type { TestTurnout } from './turnout.js';

/** Waits until everybody is counted and every change added. */
export async function counted(turnout: TestTurnout, { pool }: Pick<TestDatabase, 'pool'>): Promise<void> {
  await turnout.settle();
  const deadline = performance.now() + 30_000;
  while (!(await isCounted({ pool }))) {
    if (performance.now() > deadline) throw new Error('The figures of links were not added up within 30 s.');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Whether everybody is counted and every change added. */
export async function isCounted({ pool }: Pick<TestDatabase, 'pool'>): Promise<boolean> {
  const { rows } = await pool.query<{ isDone: boolean }>(
    `SELECT NOT EXISTS (SELECT FROM profiles WHERE is_link_report_due)
        AND NOT EXISTS (SELECT FROM link_report_changes) AS "isDone"`,
  );
  return rows[0]!.isDone;
}

const MEASURES = [
  ...['human', 'suspect', 'machine', 'clickers', 'week_clickers', 'month_clickers', 'deliveries', 'clicked'],
  ...['conversions', 'days', 'lag_ms', 'revenue'],
] as const;

/** The kept figures by day, week and month, as lines in order; what is nothing left out. */
export async function keptFigures({ pool }: Pick<TestDatabase, 'pool'>): Promise<string[]> {
  const { rows } = await pool.query<Record<string, unknown> & { value: unknown }>(
    ['day', 'week', 'month']
      .map(
        (period) =>
          `SELECT '${period}' AS period, cut, kind, day::text, value, step, currency,
                  ${MEASURES.map((one) => `${one}::float`).join(', ')} FROM link_report_${period}s`,
      )
      .join(' UNION ALL '),
  );
  return rows
    .map(({ period, cut, kind, day, value, step, currency, ...measures }) => {
      return lineOf([period, cut, kind, day, value, step, currency], measures);
    })
    .sort();
}

/** What the log as it is now makes of everybody, added up here and not in the database. */
export async function recountedFigures(
  { app }: Pick<TestTurnout, 'app'>,
  { pool }: Pick<TestDatabase, 'pool'>,
): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>('SELECT id FROM profiles');
  const shares = await app.get(FigureKeeper).sharesOf(
    app.get(DataSource).manager,
    rows.map(({ id }) => Number(id)),
  );
  const sums = new Map<string, Record<string, number>>();
  for (const figure of [...shares.values()].flat().map((sum) => sum.figure)) {
    for (const key of keysOf(figure)) {
      const sum = sums.get(key) ?? {};
      sums.set(key, sum);
      for (const measure of MEASURES) sum[measure] = (sum[measure] ?? 0) + Number(figure[measure] ?? 0);
    }
  }
  return [...sums]
    .map(([key, measures]) => lineOf(JSON.parse(key) as unknown[], measures))
    .filter(isSomething)
    .sort();
}

/** Under which a figure is added up: by day, week and month; where clicks came from stands by month alone, as of a day. */
function keysOf({ cut, kind, day, value, step = 0, currency = '' }: Figure): string[] {
  const monday = new Date(day);
  monday.setUTCDate(monday.getUTCDate() - ((monday.getUTCDay() + 6) % 7));
  const periods = [
    ['day', day],
    ['week', monday.toISOString().slice(0, 10)],
    ['month', `${day.slice(0, 8)}01`],
  ];
  return periods
    .slice(0, cut === 'origins' ? 1 : 3)
    .map(([period, first]) => JSON.stringify([period, cut, kind, first, value, step, currency]));
}

function lineOf(key: readonly unknown[], measures: Record<string, unknown>): string {
  const kept = MEASURES.map((one) => [one, Math.round(Number(measures[one]) * 100) / 100] as const);
  return `${JSON.stringify(key)} ${kept.flatMap(([one, sum]) => (sum === 0 ? [] : [`${one}=${sum}`])).join(' ')}`;
}

const isSomething = (line: string): boolean => !line.endsWith('] ');
