/**
 * How long reports on links take off the kept figures, beside the shortest SQL by hand on the same tables in the same run;
 * how long it takes to count everybody, and those to whom something happened since. What was kept by differences must equal
 * a full recount, row by row.
 *
 *   npm run bench:link-reports -- --profiles 1000000 --clicks 20000000
 *
 * Counting so many takes hours. With `--filled` the figures that as many clicks would have made are filled in by SQL
 * instead, in a quarter of an hour: reports are measured, but nothing is counted, and nothing is compared with a recount.
 *
 *   npm run bench:link-reports -- --filled --clicks 20000000
 */
import { parseArgs } from 'node:util';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { ClickClassStore } from '../src/ctas/click-class-store.js';
import { CtaStore } from '../src/ctas/cta-store.js';
import { ReclassificationStore } from '../src/ctas/reclassification-store.js';
import { createDataSource } from '../src/data-source.js';
import { CUTS } from '../src/link-reports/cuts.js';
import { FigureKeeper } from '../src/link-reports/figure-keeper.js';
import { FIGURE_TABLES } from '../src/link-reports/figure-tables.js';
import { ReportQuery } from '../src/link-reports/report-query.js';
import { questionOf, type Period } from '../src/link-reports/report-question.js';
import { reportRow } from '../src/link-reports/report-row.js';
import { migrateDatabase } from '../src/platform/database.js';
import { startScratchPostgres } from '../test/support/scratch-postgres.js';
import { fillFigures } from './filled-link-figures.js';
import { eventsSql, NOW } from './link-events.js';
import { median } from './measure.js';

const { values: options } = parseArgs({
  options: {
    profiles: { type: 'string', default: '5000' },
    clicks: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '5' },
    /** Counting everybody twice takes long where there are many. */
    recount: { type: 'string', default: 'yes' },
    filled: { type: 'boolean', default: false },
  },
});
const [profiles, clicks, rounds] = [Number(options.profiles), Number(options.clicks), Number(options.rounds)];

/** As many as are answered unless more are asked for. */
const MOST_ROWS = 1_000;
const PROFILES_A_STEP = 200;
const CLICKS_A_STATEMENT = 500_000;

async function fill(client: pg.Client): Promise<void> {
  await client.query('SELECT setseed(0.5)');
  await client.query(
    `INSERT INTO profiles (lane, id, created_at, is_link_report_due)
     SELECT n % 64, n, '${NOW}', true FROM generate_series(1, ${profiles}) AS n`,
  );
  await client.query(
    `INSERT INTO ctas (key, patterns, created_at, updated_at)
     SELECT 'c' || n, jsonb_build_array(jsonb_build_object('path', '/c' || n)), now(), now() FROM generate_series(0, 49) AS n`,
  );
  for (let from = 1; from <= clicks; from += CLICKS_A_STATEMENT) {
    await client.query(eventsSql(profiles, from, Math.min(clicks, from + CLICKS_A_STATEMENT - 1)));
    console.log(`${Math.min(clicks, from + CLICKS_A_STATEMENT - 1)} clicks`);
  }
  await client.query('VACUUM ANALYZE events');
}

/** Counts all that are due; seconds. */
async function count(keeper: FigureKeeper): Promise<number> {
  const began = performance.now();
  let isOpen = true;
  const counter = async (): Promise<void> => {
    while ((await keeper.count(PROFILES_A_STEP)) > 0);
    isOpen = false;
  };
  const folder = async (): Promise<void> => {
    while (isOpen) if (!(await keeper.fold())) await new Promise((resolve) => setTimeout(resolve, 20));
    while (await keeper.fold());
  };
  await Promise.all([counter(), folder()]);
  return (performance.now() - began) / 1_000;
}

/** The least that a report has to add up, by hand. */
const byHandSql = (period: Period): string => `
  SELECT value, day, sum(human), sum(suspect), sum(machine), sum(clickers), sum(clicked),
         sum(conversions), sum(days), sum(lag_ms), sum(revenue)
    FROM ${FIGURE_TABLES[period]}
   WHERE cut = $1 AND kind = ANY('{clicks,checkout.last,purchase.last}') AND day >= $2::date AND step <= 3
   GROUP BY 1, 2 ORDER BY 2, 3 DESC`;

async function reports(figures: ReportQuery, client: pg.Client): Promise<{ ours: number; byHand: number }> {
  let slowest = { ours: 0, byHand: 0 };
  for (const [period, from] of [
    ['day', '2026-10-26'],
    ['week', '2026-01-05'],
    ['month', '2025-12-01'],
  ] as const satisfies readonly (readonly [Period, string])[]) {
    for (const { key } of CUTS) {
      const question = questionOf({ by: key, period, from, window: '7d', attribution: 'last' }, Date.parse(NOW));
      const times = { ours: [] as number[], byHand: [] as number[] };
      let rows = 0;
      for (let round = 0; round <= rounds; round++) {
        let began = performance.now();
        rows = 0;
        for await (const row of figures.rows(question)) {
          JSON.stringify(reportRow(question, row));
          if (++rows === MOST_ROWS) break;
        }
        if (round > 0) times.ours.push(performance.now() - began); // the first warms up
        began = performance.now();
        await client.query(byHandSql(period), [key, from]);
        if (round > 0) times.byHand.push(performance.now() - began);
      }
      const [ours, byHand] = [median(times.ours), median(times.byHand)];
      console.log(
        `by ${key} and ${period} from ${from}: ${rows} rows in ${ours.toFixed(0)} ms, by hand ${byHand.toFixed(0)} ms`,
      );
      if (ours > slowest.ours) slowest = { ours, byHand };
    }
  }
  return slowest;
}

/** All figures, by day, week and month. */
const FIGURES = Object.entries(FIGURE_TABLES)
  .map(([period, table]) => `SELECT '${period}' AS period, * FROM ${table}`)
  .join(' UNION ALL ');

/** Counts everybody, and those to whom something happened since. */
async function countEvents(client: pg.Client, keeper: FigureKeeper): Promise<void> {
  await fill(client);
  const all = await count(keeper);
  console.log(`everybody counted in ${all.toFixed(1)} s (${(clicks / all).toFixed(0)} clicks a second)`);

  // To every hundredth something more happens, late.
  const changed = Math.ceil(profiles / 100);
  const [newest] = (await client.query<{ seq: string }>('SELECT max(seq) AS seq FROM events')).rows;
  await client.query(eventsSql(profiles, clicks + 1, clicks + changed));
  await client.query(
    `UPDATE profiles SET is_link_report_due = true WHERE EXISTS (
       SELECT FROM events WHERE events.lane = profiles.lane AND profile_id = profiles.id AND seq > $1)`,
    [newest!.seq],
  );
  console.log(`what changed since was counted in ${(await count(keeper)).toFixed(1)} s`);
  await client.query(`VACUUM ANALYZE ${Object.values(FIGURE_TABLES).join(', ')}, link_report_changes`);
}

async function compareWithRecount(client: pg.Client, keeper: FigureKeeper): Promise<void> {
  await client.query(`CREATE TABLE kept AS ${FIGURES}`);
  await client.query(
    `TRUNCATE link_report_month_shares, link_report_changes, ${Object.values(FIGURE_TABLES).join(', ')}`,
  );
  await client.query('UPDATE profiles SET is_link_report_due = true');
  console.log(`the full recount took ${(await count(keeper)).toFixed(1)} s`);
  const { rows: differing } = await client.query(
    `(TABLE kept EXCEPT ALL (${FIGURES})) UNION ALL ((${FIGURES}) EXCEPT ALL TABLE kept)`,
  );
  if (differing.length > 0) throw new Error(`${differing.length} figures differ from the full recount`);
  console.log('what was kept equals it');
}

async function main(client: pg.Client, dataSource: DataSource): Promise<void> {
  const reclassifications = new ReclassificationStore();
  const keeper = new FigureKeeper(dataSource, new CtaStore(new ClickClassStore(reclassifications), reclassifications), {
    afterCount: () => Promise.resolve(),
  });
  if (options.filled) await fillFigures(client, clicks, NOW);
  else await countEvents(client, keeper);
  const { rows } = await client.query<{ name: string; size: string }>(
    `SELECT name, pg_size_pretty(pg_total_relation_size(name::regclass)) AS size FROM unnest($1::text[]) AS name`,
    [['events', 'link_report_month_shares', ...Object.values(FIGURE_TABLES)]],
  );
  console.log(rows.map(({ name, size }) => `${name} ${size}`).join(', '));
  const { ours, byHand } = await reports(new ReportQuery(dataSource), client);
  if (!options.filled && options.recount === 'yes') await compareWithRecount(client, keeper);
  const [figure, ceiling] = [Math.round(ours * 10) / 10, Math.round(byHand * 10) / 10];
  const ratio = Math.round((ceiling / figure) * 100) / 100;
  console.log(JSON.stringify({ name: 'slowest link report', figure, unit: 'ms', ceiling, ratio }));
}

const server = await startScratchPostgres({ fsync: 'off' });
try {
  await migrateDatabase(server.url);
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  const dataSource = await createDataSource(server.url, 3).initialize();
  try {
    await main(client, dataSource);
  } finally {
    await dataSource.destroy();
    await client.end();
  }
} finally {
  await server.stop();
}
