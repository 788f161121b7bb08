import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { ServiceProcess } from '../support/service-process.js';
import { TurnoutClient, turnoutEnv } from '../support/turnout.js';

// Pages are made by packages that only real processes load.
describe('the pages of a running service', () => {
  let database: TestDatabase;
  let service: ServiceProcess;
  let client: TurnoutClient;

  beforeAll(async () => {
    database = await createTestDatabase();
    service = await ServiceProcess.start(turnoutEnv(database));
    client = new TurnoutClient(service.url, service.firstKey!);
  });

  afterAll(async () => {
    await service.end('SIGTERM');
    await database.drop();
  });

  const get = (path: string, authorization?: string) =>
    fetch(service.url + path, { headers: { ...(authorization && { authorization }) } });
  const basic = (key: string) => `Basic ${Buffer.from(`${key}:`).toString('base64')}`;

  /** What a page loads, which its own policy has to allow: nothing inline but styles, and all of it from here. */
  async function expectToWork(path: string, authorization?: string): Promise<void> {
    const page = await get(path, authorization);
    expect(page.status).toBe(200);
    const policy = page.headers.get('content-security-policy')!;
    expect(policy).toContain("script-src 'self';");
    const html = await page.text();
    const base = new URL(/<base href="([^"]+)"/.exec(html)?.[1] ?? path, service.url + path);
    const scripts = [...html.matchAll(/<script([^>]*)>([^<]*)<\/script>/g)];
    expect(scripts.length).toBeGreaterThan(0);
    for (const [, attributes, code] of scripts) {
      const isData = /type="application\/json"/.test(attributes!);
      if (!isData) expect(code!.trim()).toBe('');
      const source = /src=["']([^"']+)["']/.exec(attributes!)?.[1];
      if (isData && source === undefined) continue;
      const script = await fetch(new URL(source!, base), { headers: { ...(authorization && { authorization }) } });
      expect(script.status).toBe(200);
      expect(script.headers.get('content-type')).toContain('javascript');
    }
  }

  it('show the API to everybody', async () => {
    await expectToWork('/docs');
    expect((await get('/docs/json')).status).toBe(200);
  });

  it('show the queues to whoever has a key of scope manage, also in a browser', async () => {
    await expectToWork('/queues/', basic(service.firstKey!));
    const response = await get('/queues/api/queues?activeQueue=evaluate&page=1', `Bearer ${service.firstKey!}`);
    expect(response.status).toBe(200);
    const { queues } = (await response.json()) as { queues: { name: string; readOnlyMode: boolean }[] };
    expect(queues.map(({ name }) => name).sort()).toEqual(['deliver', 'evaluate']);
    expect(queues.every(({ readOnlyMode }) => readOnlyMode)).toBe(true);
  });

  it.each(['/queues', '/queues/', '/queues/api/queues', '/queues/static/favicon.ico'])(
    'show the queues to nobody else: %s',
    async (path) => {
      const { key } = await client.must('POST', '/v1/api-keys', { name: 'other', scopes: ['decide', 'ingest'] });
      for (const authorization of [undefined, basic('tk_guess'), basic(key as string), `Bearer ${key}`]) {
        const response = await get(path, authorization);
        expect(response.status).toBe(401);
        expect(response.headers.get('www-authenticate')).toBe('Basic realm="turnout"');
        expect(response.headers.get('content-type')).toContain('application/problem+json');
      }
    },
  );

  it('show metrics in processes of either kind, with how each process does', async () => {
    const env = { ...turnoutEnv(database), METRICS_TOKENS: 'scraper', TURNOUT_ROLES: 'worker' };
    const worker = await ServiceProcess.start(env, 'worker');
    try {
      const open = await fetch(`${worker.url}/metrics`);
      expect(open.status).toBe(401);
      for (const [url, key] of [
        [worker.url, 'scraper'],
        [service.url, service.firstKey!],
      ]) {
        const text = await (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${key}` } })).text();
        for (const name of [
          'turnout_database_up 1',
          'nodejs_eventloop_lag_p99_seconds',
          'process_resident_memory_bytes',
        ])
          expect(text).toContain(`\n${name}`);
      }
    } finally {
      await worker.end('SIGTERM');
    }
  });

  it('change nothing in the queues', async () => {
    for (const action of ['pause', 'empty', 'obliterate', 'clean/completed']) {
      const response = await fetch(`${service.url}/queues/api/queues/evaluate/${action}`, {
        method: 'PUT',
        headers: { authorization: basic(service.firstKey!) },
      });
      expect(response.status).toBe(405);
    }
  });
});
