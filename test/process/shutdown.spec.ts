import { T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { ServiceProcess } from '../support/service-process.js';
import { SIGNING_KEY, TurnoutClient, turnoutEnv } from '../support/turnout.js';
import { customerioWebhook } from '../support/webhooks.js';

const DELAY_MS = 2_000;

describe('an API that is told to end', () => {
  let database: TestDatabase;
  let service: ServiceProcess;
  let client: TurnoutClient;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
  });

  async function start(delayMs: number): Promise<void> {
    service = await ServiceProcess.start({ ...turnoutEnv(database), SHUTDOWN_DELAY_MS: String(delayMs) });
    client = new TurnoutClient(service.url, service.firstKey!);
  }

  afterEach(async () => {
    await service.end('SIGKILL');
    await database.drop();
  });

  it('is not ready at once, and answers until a proxy had the time to notice', async () => {
    await start(DELAY_MS);
    const began = performance.now();
    const ended = service.end('SIGTERM');
    let answered = 0;
    while (performance.now() - began < DELAY_MS - 500) {
      expect(await client.call('GET', '/readyz')).toMatchObject({
        status: 503,
        body: { detail: 'Not ready: running.' },
      });
      // A new connection each: fetch would keep one.
      const { path, headers, body } = customerioWebhook({ secret: SIGNING_KEY, at: T0 + answered * 1_000 });
      const response = await fetch(service.url + path, {
        method: 'POST',
        headers: { ...headers, connection: 'close' },
        body: new Uint8Array(body),
      });
      expect(response.status).toBe(200);
      answered += 1;
    }
    expect((await client.call('GET', '/healthz')).status).toBe(200);
    expect(await ended).toBe(0);
    expect(performance.now() - began).toBeGreaterThanOrEqual(DELAY_MS);
    const { rows } = await database.pool.query<{ n: string }>('SELECT count(*) AS n FROM receipts');
    expect(Number(rows[0]!.n)).toBe(answered);
  });

  it('by a person at its terminal ends at once', async () => {
    await start(60_000);
    const began = performance.now();
    expect(await service.end('SIGINT')).toBe(0);
    expect(performance.now() - began).toBeLessThan(30_000);
  });
});
