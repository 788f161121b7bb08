import { mkdtemp, rm, chmod } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceProcess } from '../support/service-process.js';
import { TurnoutClient } from '../support/turnout.js';

describe('with no configuration but a folder', () => {
  let folder: string;
  let squatter: Server;
  let env: Record<string, string>;
  let service: ServiceProcess | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'turnout-start-'));
    await chmod(folder, 0o755);
    squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const { port } = squatter.address() as AddressInfo;
    env = { TURNOUT_DATA_DIR: folder, EMBEDDED_POSTGRES_PORT: String(port), PORT: '0' };
  });

  afterEach(async () => {
    await service?.end('SIGTERM');
    squatter.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('starts, also where its port is taken, prints a key once, and keeps its data over kill -9 and SIGTERM', async () => {
    service = await ServiceProcess.start(env);
    const key = service.firstKey!;
    let client = new TurnoutClient(service.url, key);
    await client.must('PUT', '/v1/segments/clicked', { rule: { performed: 'click', within: '30d' } });

    await service.end('SIGKILL');
    service = await ServiceProcess.start(env);
    expect(service.firstKey).toBeUndefined();
    client = new TurnoutClient(service.url, key);
    expect(await client.must('GET', '/v1/segments/clicked')).toMatchObject({ version: 1 });

    expect(await service.end('SIGTERM')).toBe(0);
    service = await ServiceProcess.start(env);
    client = new TurnoutClient(service.url, key);
    expect(await client.must('GET', '/v1/segments/clicked')).toMatchObject({ version: 1 });
  });

  it('says how it is, and describes its API', async () => {
    service = await ServiceProcess.start(env);
    const client = new TurnoutClient(service.url, 'no key');
    expect(await client.call('GET', '/healthz')).toMatchObject({ status: 200, body: { status: 'alive' } });
    expect(await client.call('GET', '/readyz')).toMatchObject({ status: 200, body: { status: 'ready' } });
    const { paths } = await client.must('GET', '/docs/json');
    expect(Object.keys(paths as object)).toEqual(
      expect.arrayContaining([
        '/v1/sources/{source}',
        '/v1/segments/{key}',
        '/v1/journeys/{journey}/branch-points/{branchPoint}/decide',
      ]),
    );
    const page = await fetch(`${service.url}/docs`);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('swagger-ui')]);
    expect((await client.call('GET', '/v1/segments')).status).toBe(401);
  });

  it('refuses a configuration that is wrong, with every problem and no secret', async () => {
    const wrong = { ...env, PORT: 'http', REDIS_URL: 'secret-host', CUSTOMERIO_SITE_ID: 'site-secret' };
    const refusal = await ServiceProcess.start(wrong).then(
      () => 'started',
      (error: Error) => error.message,
    );
    expect(refusal).toMatch(/PORT[^]*REDIS_URL[^]*CUSTOMERIO_API_KEY|CUSTOMERIO_API_KEY[^]*PORT/);
    expect(refusal).not.toContain('secret-host');
    expect(refusal).not.toContain('site-secret');
  });

  it('does not start a worker without the database of its API', async () => {
    await expect(ServiceProcess.start(env, 'worker')).rejects.toThrow('DATABASE_URL');
  });
});
