import { T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { PlainShop } from '../support/plain-shop.js';
import { ServiceProcess } from '../support/service-process.js';
import { TurnoutClient, turnoutEnv, type JsonObject } from '../support/turnout.js';

const LEASE_MS = 300_000;

describe('a look at links whose worker is killed', () => {
  let database: TestDatabase;
  let shop: PlainShop;
  const processes: ServiceProcess[] = [];

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    shop = new PlainShop();
    await shop.listen();
  });

  afterEach(async () => {
    await Promise.all(processes.map((one) => one.end('SIGKILL')));
    await shop.stop();
    await database.drop();
  });

  async function start(program: 'main' | 'worker'): Promise<ServiceProcess> {
    const env = { ...turnoutEnv(database), OUTBOUND_TRUSTED_HOSTS: shop.host, TURNOUT_ROLES: 'api' };
    const started = await ServiceProcess.start(env, program);
    processes.push(started);
    return started;
  }

  it('goes on where it was, once another worker may take it', async () => {
    const api = await start('main');
    const client = new TurnoutClient(api.url, api.firstKey!);
    const urls = [...['/good', '/also-good'].map((path) => shop.url(path)), shop.url('/hangs')];
    const { id } = await client.must('POST', '/v1/link-qa/runs', { urls, clients: ['desktop'] });
    const until = async (checked: number): Promise<JsonObject> => {
      for (;;) {
        const run = await client.must('GET', `/v1/link-qa/runs/${id as string}`);
        if (run['counts'].checked === checked) return run;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const first = await start('worker');
    await until(2);
    await first.end('SIGKILL');
    shop.release();
    await database.setClock(T0 + LEASE_MS - 1);
    await start('worker');
    expect(await until(2)).toMatchObject({ state: 'running' });
    await database.setClock(T0 + LEASE_MS);
    expect(await until(3)).toMatchObject({ counts: { good: 3 } });
    expect(shop.asked.filter((path) => path !== '/hangs').sort()).toEqual(['/also-good', '/good']);
  });
});
