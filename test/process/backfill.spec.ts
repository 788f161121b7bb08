import { inconsistencies } from '../support/consistency.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { T0 } from '../support/builders.js';
import { ServiceProcess } from '../support/service-process.js';
import { settle, TurnoutClient, turnoutEnv } from '../support/turnout.js';

const PROFILES = 3_000;
const CLICKED = { performed: 'click', within: '30d' };
const NARROW = { performed: 'click', within: '5d' };

let database: TestDatabase;
let processes: ServiceProcess[];
let key: string | undefined;

beforeEach(async () => {
  database = await createTestDatabase();
  await database.setClock(T0);
  processes = [];
  key = undefined;
  await database.pool.query(`INSERT INTO event_histories VALUES ('click', 'customerio', '2020-01-01')`);
  await database.pool.query(
    `INSERT INTO profiles (lane, id, created_at) SELECT n % 64, n, turnout_now() FROM generate_series(1, $1) AS n`,
    [PROFILES],
  );
  await database.pool.query(
    `INSERT INTO events (lane, profile_id, occurred_at, id, name, source, received_at, is_time_corrected, properties)
     SELECT n % 64, n, turnout_now() - (n % 10 || ' days')::interval, gen_random_uuid(), 'click', 'customerio', turnout_now(), false, '{}'
       FROM generate_series(1, $1) AS n`,
    [PROFILES],
  );
});

afterEach(async () => {
  await Promise.all(processes.map((one) => one.end('SIGKILL')));
  await database.drop();
});

async function start(): Promise<TurnoutClient & { process: ServiceProcess }> {
  const env = { ...turnoutEnv(database), EVALUATE_BATCH_SIZE: '20', TURNOUT_ROLES: 'api,worker' };
  const process = await ServiceProcess.start(env, 'main');
  processes.push(process);
  key ??= process.firstKey!;
  return Object.assign(new TurnoutClient(process.url, key), { process });
}

/** Kills the process in the midst of what `share` says how far it has come; true if it was so. */
async function killMidway(client: { process: ServiceProcess }, share: () => Promise<number>): Promise<boolean> {
  let at = 0;
  while (at < 0.1) at = await share();
  await client.process.end('SIGKILL');
  return at < 1;
}

describe('kill -9', () => {
  it('in the midst of a backfill and of a shadow: what was done is kept, and the rest follows', async () => {
    let client = await start();
    await client.must('PUT', '/v1/segments/clicked', { rule: CLICKED });
    const applied = async () => (await client.must('GET', '/v1/segments/clicked/backfill')).progress.share as number;
    expect(await killMidway(client, applied)).toBe(true);
    client = await start();
    expect(await applied()).toBeGreaterThanOrEqual(0.1);
    await settle(database, 60_000);
    expect(await client.must('GET', '/v1/segments/clicked/backfill')).toMatchObject({
      ...{ state: 'done', version: 1 },
      progress: { done: PROFILES, of: PROFILES, share: 1, secondsLeft: 0 },
    });
    expect(await inconsistencies(database.pool, { clicked: CLICKED })).toEqual({ unreplayed: 0, wrong: [] });

    await client.must('PUT', '/v1/segments/clicked/draft', { rule: NARROW });
    const shown = await client.must('POST', '/v1/segments/clicked/shadow');
    expect(shown).toMatchObject({ state: 'running', progress: { of: PROFILES } });
    const computed = async () => (await client.must('GET', '/v1/segments/clicked/shadow')).progress.share as number;
    expect(await killMidway(client, computed)).toBe(true);
    client = await start();
    expect(await computed()).toBeGreaterThanOrEqual(0.1);
    await settle(database, 60_000);
    // Days 0 to 4 of ten stay.
    expect(await client.must('GET', '/v1/segments/clicked/shadow')).toMatchObject({
      ...{ state: 'done', enter: 0, leave: PROFILES / 2, stay: PROFILES / 2 },
      asOf: new Date(T0).toISOString(),
    });
  }, 180_000);
});
