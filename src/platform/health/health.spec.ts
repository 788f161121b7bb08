import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { createLogger, NestLogger } from '../logger.js';
import { ProblemFilter } from '../problem.filter.js';
import { VERSION } from '../version.js';
import { CHECK_TIMEOUT_MS, HEALTH_CHECKS, stateOf, type HealthCheck } from './health-check.js';
import { HealthController } from './health.controller.js';
import { Readiness } from './readiness.js';

describe('the health of a process', () => {
  const log: string[] = [];
  let failure: Error | undefined;
  let app: NestFastifyApplication;
  let url: string;

  const database: HealthCheck = {
    name: 'database',
    check: async () => {
      if (failure) throw failure;
    },
  };
  let areQueuesDown = false;
  const queues: HealthCheck = {
    name: 'queues',
    isDispensable: true,
    check: async () => {
      if (areQueuesDown) throw new Error('connect ECONNREFUSED 10.0.0.8:6379');
    },
  };

  beforeEach(async () => {
    failure = undefined;
    areQueuesDown = false;
    log.splice(0);
    const module = await Test.createTestingModule({
      controllers: [HealthController],
      providers: [
        { provide: HEALTH_CHECKS, useValue: [database, queues] },
        { provide: Readiness, inject: [HEALTH_CHECKS], useFactory: (checks: HealthCheck[]) => new Readiness(checks) },
      ],
    }).compile();
    const logger = new NestLogger(createLogger({ level: 'warn' }, { write: (line) => void log.push(line) }));
    app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger });
    app.useGlobalFilters(new ProblemFilter());
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });

  afterEach(() => app.close());
  afterAll(() => Logger.overrideLogger(['error']));

  it('is alive with its version, whatever else is down', async () => {
    failure = new Error('down');
    const response = await fetch(`${url}/healthz`);
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toEqual({ status: 'alive', version: VERSION, uptimeSeconds: expect.any(Number) });
  });

  it('is ready when every check passes', async () => {
    const response = await fetch(`${url}/readyz`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      status: 'ready',
      checks: [
        { name: 'database', state: 'up' },
        { name: 'queues', state: 'up' },
        { name: 'running', state: 'up' },
      ],
    });
  });

  it('is ready, and says what is down, without what requests do not need', async () => {
    areQueuesDown = true;
    const response = await fetch(`${url}/readyz`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      status: 'ready',
      checks: [{}, { name: 'queues', state: 'down' }, {}],
    });
  });

  it('says which check fails, and tells only the log why', async () => {
    failure = new Error('connect ECONNREFUSED 10.0.0.7:5432');
    const response = await fetch(`${url}/readyz`);
    const body = await response.json();
    expect(response.status).toBe(503);
    expect(body).toMatchObject({
      status: 503,
      detail: 'Not ready: database.',
      checks: [
        { name: 'database', state: 'down' },
        { name: 'queues', state: 'up' },
        { name: 'running', state: 'up' },
      ],
    });
    expect(JSON.stringify(body)).not.toContain('10.0.0.7');
    expect(log.map((line) => JSON.parse(line))).toMatchObject([
      { check: 'database', state: 'down', err: { message: 'connect ECONNREFUSED 10.0.0.7:5432' } },
    ]);
  });

  it('is alive but not ready while it shuts down', async () => {
    app.get(Readiness).beginShutdown();
    const response = await fetch(`${url}/readyz`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ detail: 'Not ready: running.' });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });
});

describe('a health check that hangs', () => {
  afterEach(() => void jest.useRealTimers());

  it('is given up after its timeout', async () => {
    jest.useFakeTimers();
    let state: unknown;
    void stateOf({ name: 'queues', check: () => new Promise(() => undefined) }).then((result) => (state = result));
    await jest.advanceTimersByTimeAsync(CHECK_TIMEOUT_MS - 1);
    expect(state).toBeUndefined();
    await jest.advanceTimersByTimeAsync(1);
    expect(state).toEqual({ state: 'timeout' });
  });
});
