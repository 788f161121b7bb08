/**
 * How long it takes to preview rules of the cookbook over everybody, beside the best SQL that was written by hand for the
 * same rule, on the same tables in the same run. Sizes must be equal, and the sample among the rows of the SQL.
 *
 *   npm run bench:preview -- --profiles 1000000 --events 20000000
 */
import { parseArgs } from 'node:util';
import pg from 'pg';
import type { Rule } from '../src/core/rule.js';
import { ClickClassStore } from '../src/ctas/click-class-store.js';
import { CtaStore } from '../src/ctas/cta-store.js';
import { ReclassificationStore } from '../src/ctas/reclassification-store.js';
import { createDataSource } from '../src/data-source.js';
import { HistoryReader } from '../src/histories/history-reader.js';
import { RuleScan } from '../src/memberships/rule-scan.js';
import { migrateDatabase } from '../src/platform/database.js';
import { startScratchPostgres } from '../test/support/scratch-postgres.js';
import { EventHistoryStore } from '../src/profiles/event-history-store.js';
import { SegmentStore } from '../src/segments/segment-store.js';
import { putToRest } from './programs.js';

const { values: options } = parseArgs({
  options: {
    profiles: { type: 'string', default: '50000' },
    events: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '2' },
  },
});
const [profiles, events, rounds] = [Number(options.profiles), Number(options.events), Number(options.rounds)];
const NOW = '2026-11-24T00:00:00Z';

/** A purchase counts until its order is cancelled. */
const NET = `name = 'purchase' AND NOT EXISTS (SELECT FROM events c WHERE c.name = 'order_cancelled'
  AND c.lane = e.lane AND c.profile_id = e.profile_id AND c.occurred_at <= now
  AND c.properties ->> 'order_id' = e.properties ->> 'order_id')`;

interface Case {
  name: string;
  rule: Rule;
  /** Gives the ids; `now` is the instant. */
  sql: string;
}

const CASES: readonly Case[] = [
  {
    name: 'clicked in 30 days',
    rule: { performed: 'click', where: { cta: 'replenish' }, within: '30d' },
    sql: `SELECT DISTINCT profile_id FROM events, at WHERE name = 'click' AND occurred_at > now - interval '30 days'
            AND occurred_at <= now AND properties ->> 'href' LIKE 'https://shop.example/refill/%'`,
  },
  {
    name: 'abandoned cart',
    rule: {
      performed: 'click',
      where: { cta: 'cart' },
      within: '7d',
      notFollowedBy: { performed: 'purchase', within: '3d' },
    },
    sql: `SELECT DISTINCT click.profile_id FROM events click, at WHERE click.name = 'click'
            AND click.occurred_at > now - interval '7 days' AND click.occurred_at <= now - interval '3 days'
            AND click.properties ->> 'href' = 'https://shop.example/cart'
            AND NOT EXISTS (SELECT FROM events e WHERE e.lane = click.lane AND e.profile_id = click.profile_id AND ${NET}
                  AND e.occurred_at >= click.occurred_at AND e.occurred_at < click.occurred_at + interval '3 days')`,
  },
  {
    name: 'received, not clicked',
    rule: {
      all: [
        { performed: 'email_delivered', where: { campaign_id: 7 }, within: '14d' },
        { not: { performed: 'click', where: { campaign_id: 7 }, within: '14d' } },
      ],
    },
    sql: `SELECT profile_id FROM events, at WHERE name IN ('email_delivered', 'click') AND properties -> 'campaign_id' = '7'
            AND occurred_at > now - interval '14 days' AND occurred_at <= now
           GROUP BY profile_id HAVING bool_and(name <> 'click')`,
  },
  {
    name: 'VIP by revenue',
    rule: {
      performed: 'purchase',
      within: '365d',
      sum: { property: 'revenue', currency: 'EUR', atLeast: '500.00' },
    },
    sql: `SELECT e.profile_id FROM events e, at WHERE ${NET} AND occurred_at > now - interval '365 days' AND occurred_at <= now
           GROUP BY e.profile_id HAVING sum((properties ->> 'revenue')::numeric) >= 500`,
  },
  {
    name: 'did not buy in 90 days',
    rule: { performed: 'purchase', count: { exactly: 0 }, within: '90d' },
    sql: `SELECT id AS profile_id FROM profiles EXCEPT
          SELECT e.profile_id FROM events e, at WHERE ${NET} AND occurred_at > now - interval '90 days' AND occurred_at <= now`,
  },
  {
    name: 'last purchase 60 days ago',
    rule: { performed: 'purchase', last: { olderThan: '60d' } },
    sql: `SELECT e.profile_id FROM events e, at WHERE ${NET} AND occurred_at <= now
           GROUP BY e.profile_id, now HAVING max(occurred_at) <= now - interval '60 days'`,
  },
];

/** Deliveries with ids of their own, so that nothing makes a machine of anybody. */
async function fill(client: pg.Client): Promise<void> {
  await client.query('SELECT setseed(0.5)');
  await client.query(
    `INSERT INTO profiles (lane, id, created_at) SELECT n % 64, n, '${NOW}' FROM generate_series(1, ${profiles}) AS n`,
  );
  await client.query(`
    INSERT INTO events (lane, profile_id, occurred_at, id, name, source, received_at, is_time_corrected, properties)
    SELECT p % 64, p, at, gen_random_uuid(), name, 'bench', at, false, CASE name
             WHEN 'click' THEN jsonb_build_object('href', 'https://shop.example/' ||
               (ARRAY['cart', 'refill/beans', 'product', 'guide'])[1 + (r * 97)::int % 4], 'campaign_id', (r * 1000)::int % 20,
               'delivery_id', 'd' || n, 'channel', 'email')
             WHEN 'email_delivered' THEN jsonb_build_object('campaign_id', (r * 1000)::int % 20, 'delivery_id', 'e' || n)
             WHEN 'purchase' THEN jsonb_build_object('order_id', p || '-' || (r * 1000)::int % 12, 'revenue',
               (20 + (r * 1000)::int % 150)::text || '.00', 'currency', 'EUR')
             ELSE jsonb_build_object('order_id', p || '-' || (r * 1000)::int % 12) END
      FROM (SELECT n, 1 + floor(random() * ${profiles} * 0.95)::bigint AS p, random() AS r,
                   timestamptz '${NOW}' - floor(random() * 120 * 86400) * interval '1 second' AS at,
                   (ARRAY['click', 'click', 'click', 'click', 'click', 'email_delivered', 'email_delivered',
                          'email_delivered', 'purchase', 'purchase'])[1 + floor(random() * 10)::int] AS drawn
              FROM generate_series(1, ${events}) AS n) AS made,
           LATERAL (SELECT CASE WHEN drawn = 'purchase' AND r < 0.1 THEN 'order_cancelled' ELSE drawn END AS name) AS named`);
  for (const [key, path] of [
    ['cart', '/cart'],
    ['replenish', '/refill/*'],
  ]) {
    await client.query('INSERT INTO ctas (key, patterns, created_at, updated_at) VALUES ($1, $2, now(), now())', [
      key,
      JSON.stringify([{ path }]),
    ]);
  }
  await client.query(
    `INSERT INTO event_histories (event_name, source, starts_at)
     SELECT name, 'bench', '1970-01-01' FROM unnest(ARRAY['click', 'email_delivered', 'purchase', 'order_cancelled']) AS name`,
  );
  await putToRest(client);
}

const best = (times: readonly number[]): number => Math.min(...times);

async function main(url: string): Promise<void> {
  await migrateDatabase(url);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await fill(client);
  const dataSource = await createDataSource(url, 3).initialize();
  const reclassifications = new ReclassificationStore();
  const ctas = new CtaStore(new ClickClassStore(reclassifications), reclassifications);
  // Single histories are not read here.
  const reader = new HistoryReader(new EventHistoryStore(), ctas, 400 * 86_400_000);
  const scan = new RuleScan(new SegmentStore(), reader);
  const totals = { ours: 0, sql: 0 };
  let mostMemory = 0;
  for (const { name, rule, sql } of CASES) {
    const times = { ours: [] as number[], sql: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      let began = performance.now();
      const { rows } = await client.query<{ profile_id: string }>(
        `WITH at AS (SELECT timestamptz '${NOW}' AS now) ${sql}`,
      );
      times.sql.push(performance.now() - began);
      const runner = dataSource.createQueryRunner();
      await runner.startTransaction('REPEATABLE READ');
      began = performance.now();
      const count = await scan.count(runner, rule, Date.parse(NOW), { judged: 0 });
      times.ours.push(performance.now() - began);
      mostMemory = Math.max(mostMemory, process.memoryUsage().rss);
      await runner.rollbackTransaction();
      await runner.release();
      const expected = new Set(rows.map((row) => Number(row.profile_id)));
      if (count.size !== expected.size || count.sample.some((id) => !expected.has(id))) {
        throw new Error(`${name}: ${count.size} by the core, ${expected.size} by SQL`);
      }
    }
    totals.ours += best(times.ours);
    totals.sql += best(times.sql);
    const ratio = (best(times.sql) / best(times.ours)).toFixed(2);
    console.log(`${name}: ${Math.round(best(times.ours))} ms, SQL ${Math.round(best(times.sql))} ms, ratio ${ratio}`);
  }
  await dataSource.destroy();
  await client.end();
  const ratio = Math.round((totals.sql / totals.ours) * 100) / 100; // 1: as fast as the SQL
  console.log(
    JSON.stringify({
      ...{
        name: 'preview',
        figure: Math.round(totals.ours),
        unit: 'ms for all rules',
        ceiling: Math.round(totals.sql),
      },
      ...{ ratio, profiles, events, memoryMb: Math.round(mostMemory / 2 ** 20) },
    }),
  );
  if (ratio < 1 / 1.5) process.exitCode = 1;
}

const server = await startScratchPostgres({ fsync: 'off' });
try {
  await main(server.url);
} finally {
  await server.stop();
}
