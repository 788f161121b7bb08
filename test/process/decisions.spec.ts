import { DAY, T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { JourneyClient } from '../support/journey.js';
import { ServiceProcess } from '../support/service-process.js';
import { TurnoutClient, turnoutEnv } from '../support/turnout.js';

describe('kill -9 after an answer', () => {
  let database: TestDatabase;
  const processes: ServiceProcess[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
  });

  afterAll(async () => {
    await Promise.all(processes.map((one) => one.end('SIGKILL')));
    await database.drop();
  });

  async function start(): Promise<ServiceProcess> {
    const started = await ServiceProcess.start({ ...turnoutEnv(database), TURNOUT_ROLES: 'api' });
    processes.push(started);
    return started;
  }

  it('that is pinned: the same question gets the same answer from the next process, and it is logged once', async () => {
    const first = await start();
    const key = first.firstKey!;
    const client = new TurnoutClient(first.url, key);
    const journey = new JourneyClient(client, 'welcome');
    const startsAt = new Date(T0 - 365 * DAY).toISOString();
    await client.must('PUT', '/v1/sources/shopify/history', { startsAt, eventNames: ['purchase'] });
    await client.must('PUT', '/v1/sources/customerio/history', { startsAt, eventNames: ['click'] });
    const branches = [{ key: 'clicked', rule: { performed: 'click', within: '30d' } }];
    const abandoned = { performed: 'click', notFollowedBy: { performed: 'purchase', within: '3d' } };
    await journey.declare({
      plain: { branches, default: 'rest' },
      waiting: { branches: [{ key: 'friction', rule: abandoned }], default: 'rest', whenPending: 'wait' },
    });
    for (let id = 0; id < 20; id++) await journey.click(id, T0);
    const ask = (by: JourneyClient, id: number) => by.decide('plain', id, { journey_run_id: `run-${id}` });
    const answers = await Promise.all(Array.from({ length: 20 }, (_, id) => ask(journey, id)));
    const open = await journey.decide('waiting', 1);
    expect(open).toMatchObject({ status: 'pending', branch: null });
    await first.end('SIGKILL');

    await database.setClock(T0 + 31 * DAY); // by now it would be told otherwise
    const second = await start();
    const again = new JourneyClient(new TurnoutClient(second.url, key), 'welcome');
    for (const [id, { decision_id }] of answers.entries()) {
      expect(await ask(again, id)).toMatchObject({ branch: 'clicked', decision_id, reason: 'CACHED' });
    }
    expect(await again.decide('plain', 1)).toMatchObject({ branch: 'rest' });
    const { rows } = await database.pool.query<{ run_key: string; id: string; n: string }>(
      `SELECT run_key, min(id) AS id, count(*) AS n FROM decisions WHERE run_key IS NOT NULL GROUP BY run_key`,
    );
    expect(new Map(rows.map((row) => [row.run_key, row.id]))).toEqual(
      new Map(answers.map((answer, id) => [`run-${id}`, answer.decision_id as string])),
    );
    expect(rows.map((row) => row.n)).toEqual(Array(20).fill('1'));
    const kept = await database.pool.query('SELECT FROM decisions WHERE id = $1', [open.decision_id]);
    expect(kept.rows).toHaveLength(1);
  });
});
