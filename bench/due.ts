/**
 * So many memberships that end within the same second: how long it takes until every one of them has ended, that none ends
 * before its instant, none is missed, and that the longest due comes first; beside bare batches that claim as many rows and
 * write the same, in the same run. Meanwhile webhooks come in, `--rate` a second: how much longer they take than before.
 *
 *   npm run bench:due -- --profiles 1000000 --rate 200
 *
 * The clock of the database is moved to two seconds before that second, and then runs.
 */
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { migrateDatabase } from '../src/platform/database.js';
import { startScratchPostgres } from '../test/support/scratch-postgres.js';
import { sendSteadily } from './ingest/load.js';
import { facts, SIGNING_KEY, take, webhookRequest } from './ingest/workload.js';
import { quantile } from './measure.js';
import { putTo, putToRest, startProgram, startWorker, stopProgram, type Program } from './programs.js';

const { values: given } = parseArgs({
  options: {
    profiles: { type: 'string', default: '1000000' },
    batch: { type: 'string', default: '500' },
    rate: { type: 'string', default: '200' },
  },
});
const [profiles, batch, rate] = [Number(given.profiles), Number(given.batch), Number(given.rate)];

/** How soon all is to be over, in seconds. */
const GOAL_SECONDS = 180;

/** Real time, moved. */
const CLOCK = `
  CREATE TABLE bench_clock (ahead interval NOT NULL);
  INSERT INTO bench_clock VALUES ('0');
  CREATE OR REPLACE FUNCTION turnout_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS
    'SELECT (clock_timestamp() + ahead)::timestamptz(3) FROM bench_clock'`;

/**
 * One click each, all within one second of 29 days ago: a day from now all are 30 days old. A name that came in for the first
 * time later would have everybody looked at again.
 */
const FILL = `
  INSERT INTO profiles (lane, id, created_at) SELECT n % 64, n, now() FROM generate_series(1, ${profiles}) AS n;
  INSERT INTO events (lane, profile_id, occurred_at, id, name, source, received_at, is_time_corrected, properties)
  SELECT n % 64, n, date_trunc('second', now()) - interval '29 days' + (n::bigint * 7919 % 1000) * interval '1 millisecond',
         gen_random_uuid(), 'click', 'customerio', now(), false, '{"campaign_id": 7, "channel": "email"}'
    FROM generate_series(1, ${profiles}) AS n;
  INSERT INTO event_histories (event_name, source, starts_at)
  SELECT name, 'customerio', '1970-01-01' FROM unnest(ARRAY['click', 'email_delivered', 'email_converted']) AS name;`;

/** Lanes in which somebody is due, or will be within a minute: told by the index, so that asking takes no time from others. */
const TO_DO = `
  SELECT count(*)::int AS n FROM generate_series(0, 63) AS lanes (lane)
   WHERE EXISTS (SELECT FROM profiles
                  WHERE profiles.lane = lanes.lane AND evaluate_at <= (SELECT turnout_now() + interval '1 minute'))`;

/** What went wrong: ended at another instant than its own, committed before it, never, or before one that was due earlier. */
const CHECK = `
  WITH ended AS (
    SELECT t.lane, t.at, e.occurred_at + interval '30 days' AS due, pg_xact_commit_timestamp(t.xmin) + ahead AS committed
      FROM transitions t JOIN events e USING (lane, profile_id), bench_clock WHERE kind = 'exited'
  ), ordered AS (
    SELECT *, max(committed) OVER (PARTITION BY lane ORDER BY at RANGE BETWEEN UNBOUNDED PRECEDING
                                   AND '1 millisecond' PRECEDING) AS before FROM ended
  )
  SELECT count(*) FILTER (WHERE at <> due)::int AS wrong, count(*) FILTER (WHERE committed < at)::int AS early,
         ${profiles} - count(*)::int AS missed, count(*) FILTER (WHERE committed < before)::int AS unordered FROM ordered`;

/** The same rows as the service writes, in tables of the same form, with nothing to judge. */
const BARE = `
  CREATE TABLE bare_profiles (LIKE profiles INCLUDING ALL);
  CREATE TABLE bare_memberships (LIKE memberships INCLUDING ALL);
  CREATE TABLE bare_transitions (LIKE transitions INCLUDING ALL);
  INSERT INTO bare_profiles SELECT * FROM profiles;
  UPDATE bare_profiles SET evaluate_at = now();
  INSERT INTO bare_memberships SELECT * FROM memberships;
  ANALYZE bare_profiles, bare_memberships`;

const BARE_BATCH = `
  WITH due AS (
    SELECT lane, id FROM bare_profiles WHERE lane = $1 AND evaluate_at IS NOT NULL ORDER BY evaluate_at LIMIT ${batch}
       FOR UPDATE SKIP LOCKED
  ), evaluated AS (
    UPDATE bare_profiles p SET evaluate_at = NULL, evaluated_at = now() FROM due WHERE p.lane = $1 AND p.id = due.id
  ), ended AS (
    UPDATE bare_memberships m SET is_member = false, ordinal = ordinal + 1 FROM due
     WHERE m.lane = $1 AND m.profile_id = due.id RETURNING m.lane, m.profile_id, m.segment_id
  ), written AS (
    INSERT INTO bare_transitions (lane, profile_id, segment_id, ordinal, kind, at, version, cause, recorded_at)
    SELECT lane, profile_id, segment_id, 2, 'exited', now(), 1, 'time', now() FROM ended
  ) SELECT count(*)::int AS n FROM due`;

function envOf(url: string): Record<string, string> {
  return {
    DATABASE_URL: url,
    LOG_LEVEL: 'warn',
    TURNOUT_ROLES: 'api',
    HEALTH_PORT: '0',
    EVALUATE_BATCH_SIZE: String(batch),
    CUSTOMERIO_SIGNING_KEYS: SIGNING_KEY,
  };
}

async function until(client: Client, sql: string, isDone: (n: number) => boolean): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ n: number }>(sql);
    if (isDone(rows[0]!.n)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Everybody is to enter, by the service itself, whose API is returned. */
async function fill(client: Client, url: string): Promise<Program> {
  await client.query(CLOCK);
  await client.query(FILL);
  await client.query(`SELECT setval('profile_ids', ${profiles})`);
  await client.query('ANALYZE');
  const api = await startProgram('service.js', { env: envOf(url) });
  await putTo(api, '/v1/segments/clicked', { rule: { performed: 'click', within: '30d' } });
  return api;
}

/** People of whom nothing was known, who do not leave while this runs. */
const newcomers = facts({ profiles: 20_000, campaigns: 20, seed: 1, prefix: 'due' });
const SECONDS_AT_ONCE = 2;
const SECONDS_BEFORE = 10;

/** Sends webhooks steadily until told to end, for some seconds at least; how long 99 of 100 took at most, in ms. */
async function p99Of(api: Program, isOver: () => boolean, leastSeconds = 0): Promise<number> {
  const took: number[] = [];
  const began = performance.now();
  while (!isOver() || performance.now() - began < leastSeconds * 1_000) {
    const requests = take(newcomers, rate * SECONDS_AT_ONCE).map(webhookRequest);
    await sendSteadily(api.port, requests, { perSecond: rate, connections: 64, took });
  }
  return Math.round(quantile(took, 0.99) * 10) / 10;
}

/** Memberships a second by bare batches of two connections, lane by lane. */
async function ceilingOf(client: Client, url: string): Promise<number> {
  await client.query(BARE);
  const began = performance.now();
  let lane = 0;
  const work = async (): Promise<void> => {
    const own = new Client({ connectionString: url });
    await own.connect();
    while (lane < 64) {
      const mine = lane++;
      let n = batch;
      while (n === batch)
        n = (await own.query<{ n: number }>({ name: 'bare', text: BARE_BATCH, values: [mine] })).rows[0]!.n;
    }
    await own.end();
  };
  await Promise.all([work(), work()]);
  return (profiles * 1_000) / (performance.now() - began);
}

async function main(client: Client, url: string): Promise<void> {
  const api = await fill(client, url);
  const worker = startWorker(envOf(url));
  console.log('everybody enters');
  await until(client, 'SELECT count(*)::int AS n FROM backfills', (n) => n === 0);
  await until(client, TO_DO, (n) => n === 0);
  await putToRest(client);
  const calm = await p99Of(api, () => true, SECONDS_BEFORE);
  console.log('and leaves within one second');
  await client.query(
    `UPDATE bench_clock SET ahead = (SELECT min(evaluate_at) FROM profiles WHERE id <= ${profiles}) - interval '2 seconds' - clock_timestamp()`,
  );
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const began = performance.now();
  let isDrained = false;
  const draining = until(client, TO_DO, (n) => n === 0 || performance.now() - began > 20 * 60_000)
    .then(() => (performance.now() - began) / 1_000)
    .finally(() => (isDrained = true));
  const meanwhile = await p99Of(api, () => isDrained);
  const seconds = await draining;
  for (const child of [worker, api.child]) await stopProgram(child);
  const { rows: found } = await client.query<Record<'wrong' | 'early' | 'missed' | 'unordered', number>>(CHECK);
  const ceiling = await ceilingOf(client, url);
  const figure = profiles / seconds;
  const ratio = Math.round((figure / ceiling) * 100) / 100;
  const result = {
    name: 'due',
    figure: Math.round(figure),
    unit: 'memberships ended/s',
    ceiling: Math.round(ceiling),
    ratio,
  };
  const webhooks = {
    perSecond: rate,
    p99Ms: { calm, meanwhile },
    p99Ratio: Math.round((calm / meanwhile) * 100) / 100,
  };
  console.log(JSON.stringify({ ...result, seconds: Math.round(seconds * 10) / 10, profiles, ...found[0], webhooks }));
  if (seconds > GOAL_SECONDS || Object.values(found[0]!).some((count) => count > 0)) process.exitCode = 1;
}

const server = await startScratchPostgres({
  track_commit_timestamp: 'on',
  shared_buffers: '512MB',
  max_wal_size: '8GB',
});
try {
  await migrateDatabase(server.url);
  const client = new Client({ connectionString: server.url });
  await client.connect();
  await main(client, server.url).finally(() => client.end());
} finally {
  await server.stop();
}
