/**
 * How long reports on links take off the kept figures, beside the shortest SQL by hand on the same tables in the same run;
 * how long it takes to count everybody, and those to whom something happened since. What was kept by differences must equal
 * a full recount, row by row.
 *
 *   npm run bench:link-reports -- --profiles 1000000 --clicks 20000000
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
import { ReportQuery } from '../src/link-reports/report-query.js';
import { questionOf, type Period } from '../src/link-reports/report-question.js';
import { reportRow } from '../src/link-reports/report-row.js';
import { migrateDatabase } from '../src/platform/database.js';
import { startScratchPostgres } from '../test/support/scratch-postgres.js';
import { median } from './measure.js';

const { values: options } = parseArgs({
  options: {
    profiles: { type: 'string', default: '5000' },
    clicks: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '5' },
    /** Counting everybody twice takes long where there are many. */
    recount: { type: 'string', default: 'yes' },
  },
});
const [profiles, clicks, rounds] = [Number(options.profiles), Number(options.clicks), Number(options.rounds)];

/** The last day of 400 on which things happened. */
const NOW = '2026-11-24T00:00:00Z';
const LINKS = 2_000;
/** As many as are answered unless more are asked for. */
const MOST_ROWS = 1_000;
const PROFILES_A_STEP = 200;
const CLICKS_A_STATEMENT = 500_000;

/** Links stand in one template each, with a CTA, a campaign and a utm_content of their own; half of the clicks are on a tenth. */
function eventsSql(from: number, to: number): string {
  return `
    INSERT INTO events (lane, profile_id, occurred_at, id, name, source, received_at, is_time_corrected, properties)
    SELECT p % 64, p, happened, gen_random_uuid(), name, 'bench', happened, false, properties
      FROM (SELECT n, 1 + floor(random() * ${profiles})::bigint AS p,
                   timestamptz '${NOW}' - floor(random() * 400 * 86400) * interval '1 second' AS clicked,
                   CASE WHEN random() < 0.5 THEN floor(random() * ${LINKS / 10}) ELSE floor(random() * ${LINKS}) END::int AS link
              FROM generate_series(${from}, ${to}) AS n) AS made
     CROSS JOIN LATERAL (VALUES
       ('email_delivered', clicked - (1 + n % 40) * interval '37 minutes', jsonb_build_object(
         'delivery_id', 'd' || n, 'campaign_id', link % 100, 'action_id', link % 200, 'channel', 'email')),
       ('click', clicked, jsonb_build_object(
         'href', 'https://shop.example/c' || link % 50 || '?utm_content=u' || link % 500, 'utm_content', 'u' || link % 500,
         'tracked_link', 'l' || link, 'template', 't' || link % 200, 'delivery_id', 'd' || n, 'campaign_id', link % 100,
         'action_id', link % 200, 'channel', 'email')),
       ('purchase', clicked + (n % 300) * interval '1 hour', jsonb_build_object(
         'order_id', 'o' || n, 'revenue', (20 + n % 150) || '.50', 'currency', CASE n % 10 WHEN 0 THEN 'USD' ELSE 'EUR' END)))
       AS told (name, happened, properties)
     WHERE name <> 'purchase' OR n % 20 = 0`;
}

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
    await client.query(eventsSql(from, Math.min(clicks, from + CLICKS_A_STATEMENT - 1)));
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
const BY_HAND = `
  SELECT value, date_trunc($3, day::timestamp) AS period, sum(human), sum(suspect), sum(machine), sum(clickers), sum(clicked),
         sum(conversions), sum(days), sum(lag_ms), sum(revenue)
    FROM link_report_figures
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
        await client.query(BY_HAND, [key, from, period]);
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

async function main(client: pg.Client, dataSource: DataSource): Promise<void> {
  await fill(client);
  const reclassifications = new ReclassificationStore();
  const keeper = new FigureKeeper(dataSource, new CtaStore(new ClickClassStore(reclassifications), reclassifications), {
    afterCount: () => Promise.resolve(),
  });
  const all = await count(keeper);
  console.log(`everybody counted in ${all.toFixed(1)} s (${(clicks / all).toFixed(0)} clicks a second)`);

  // To every hundredth something more happens, late.
  const changed = Math.ceil(profiles / 100);
  const [newest] = (await client.query<{ seq: string }>('SELECT max(seq) AS seq FROM events')).rows;
  await client.query(eventsSql(clicks + 1, clicks + changed));
  await client.query(
    `UPDATE profiles SET is_link_report_due = true WHERE EXISTS (
       SELECT FROM events WHERE events.lane = profiles.lane AND profile_id = profiles.id AND seq > $1)`,
    [newest!.seq],
  );
  console.log(`what changed since was counted in ${(await count(keeper)).toFixed(1)} s`);
  await client.query('VACUUM ANALYZE link_report_figures, link_report_changes');
  const { rows } = await client.query<{ name: string; size: string }>(
    `SELECT name, pg_size_pretty(pg_total_relation_size(name::regclass)) AS size
       FROM unnest(ARRAY['events', 'link_report_shares', 'link_report_figures']) AS name`,
  );
  console.log(rows.map(({ name, size }) => `${name} ${size}`).join(', '));
  const { ours, byHand } = await reports(new ReportQuery(dataSource), client);

  if (options.recount === 'yes') {
    await client.query('CREATE TABLE kept AS SELECT * FROM link_report_figures');
    await client.query('TRUNCATE link_report_shares, link_report_figures, link_report_changes');
    await client.query('UPDATE profiles SET is_link_report_due = true');
    console.log(`the full recount took ${(await count(keeper)).toFixed(1)} s`);
    const { rows: differing } = await client.query(
      `(TABLE kept EXCEPT TABLE link_report_figures) UNION ALL (TABLE link_report_figures EXCEPT TABLE kept)`,
    );
    if (differing.length > 0) throw new Error(`${differing.length} figures differ from the full recount`);
    console.log('what was kept equals it');
  }
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
