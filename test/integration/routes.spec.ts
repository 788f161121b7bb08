import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DataSource } from 'typeorm';
import { createApp } from '../../src/create-app.js';
import { SCOPES, type Scope } from '../../src/platform/auth/access.js';
import { ApiKeyStore } from '../../src/platform/auth/api-key-store.js';
import { parseConfig } from '../../src/platform/config.js';
import { createLogger, NestLogger } from '../../src/platform/logger.js';
import { describeApi } from '../../src/platform/openapi.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { turnoutEnv } from '../support/turnout.js';

type Who = 'everybody' | 'signers' | 'manage' | 'ingest' | 'ingest or manage' | 'decide';

/** Every route of the application, by who may use it. One that is new belongs here, or this test fails. */
const ROUTES: Record<Who, readonly string[]> = {
  // Asked by load balancers and orchestrators, which have no key.
  everybody: ['GET /healthz', 'GET /readyz'],
  // Webhooks; a signature that is right is tested with each source.
  signers: ['POST /v1/sources/:source'],
  manage: [
    'DELETE /v1/api-keys/:id',
    'DELETE /v1/ctas/:key',
    'DELETE /v1/destinations/:key',
    'DELETE /v1/journeys/:key',
    'DELETE /v1/link-domains/:host',
    'DELETE /v1/profiles/:identifier',
    'DELETE /v1/segments/:key',
    'DELETE /v1/segments/:key/draft',
    'DELETE /v1/segments/:key/shadow',
    'DELETE /v1/segments/preview/:id',
    'GET /v1/api-keys',
    'GET /v1/click-classes/report',
    'GET /v1/click-classes/settings',
    'GET /v1/ctas',
    'GET /v1/ctas/:key',
    'GET /v1/ctas/reclassification',
    'GET /v1/ctas/unmatched',
    'GET /v1/decisions',
    'GET /v1/decisions/:id',
    'GET /v1/destinations',
    'GET /v1/destinations/:destination/reconciliations',
    'GET /v1/destinations/:key',
    'GET /v1/destinations/:key/check',
    'GET /v1/journeys',
    'GET /v1/journeys/:key',
    'GET /v1/journeys/:journey/branch-points/:branchPoint/report',
    'GET /v1/link-domains',
    'GET /v1/link-domains/:host',
    'GET /v1/link-qa/runs',
    'GET /v1/link-qa/runs/:id',
    'GET /v1/link-reports',
    'GET /v1/link-reports/comparison',
    'GET /v1/links',
    'GET /v1/links/:id',
    'GET /v1/links/:id/qr',
    'GET /v1/outbox/dead-letters',
    'GET /v1/outbox/dead-letters/groups',
    'GET /v1/profiles/:identifier',
    'GET /v1/profiles/:identifier/events',
    'GET /v1/profiles/:identifier/export',
    'GET /v1/profiles/conflicts',
    'GET /v1/recipes',
    'GET /v1/rules/schema',
    'GET /v1/segments',
    'GET /v1/segments/:key',
    'GET /v1/segments/:key/activity',
    'GET /v1/segments/:key/backfill',
    'GET /v1/segments/:key/dependencies',
    'GET /v1/segments/:key/draft',
    'GET /v1/segments/:key/members',
    'GET /v1/segments/:key/members.csv',
    'GET /v1/segments/:key/members.ndjson',
    'GET /v1/segments/:key/profiles/:identifier',
    'GET /v1/segments/:key/profiles/:identifier/transitions',
    'GET /v1/segments/:key/shadow',
    'GET /v1/segments/:key/versions',
    'GET /v1/segments/:key/versions/:version/difference',
    'GET /v1/segments/preview/:id',
    'GET /v1/sources',
    'GET /v1/sources/dead-letters',
    'GET /v1/sources/dead-letters/:id',
    'GET /v1/utm/drift',
    'GET /v1/utm/ga4-mapping',
    'GET /v1/utm/schema',
    'GET /v1/utm/schema/versions',
    'GET /v1/utm/schema/versions/:version',
    'GET /metrics',
    'GET /v1/audit',
    'GET /v1/audit-log',
    'POST /v1/api-keys',
    'POST /v1/api-keys/:id/rotate',
    'POST /v1/audit/downstream',
    'POST /v1/ctas/match',
    'POST /v1/decisions/:id/replay',
    'POST /v1/destinations',
    'POST /v1/destinations/:destination/reconciliations',
    'POST /v1/destinations/:key/rotate',
    'POST /v1/destinations/:key/setup',
    'POST /v1/destinations/check',
    'POST /v1/link-qa/runs',
    'POST /v1/link-qa/runs/:id/cancel',
    'POST /v1/links',
    'POST /v1/links/rewrite',
    'POST /v1/links/:id/disable',
    'POST /v1/links/:id/enable',
    'POST /v1/outbox/dead-letters/:id/discard',
    'POST /v1/outbox/dead-letters/:id/requeue',
    'POST /v1/outbox/dead-letters/discard',
    'POST /v1/outbox/dead-letters/requeue',
    'POST /v1/profiles/conflicts/settle',
    'POST /v1/recipes/:key/segments',
    'POST /v1/rules/simulate',
    'POST /v1/rules/validate',
    'POST /v1/segments/:key/manual',
    'POST /v1/segments/:key/publish',
    'POST /v1/segments/:key/rollback',
    'POST /v1/segments/:key/shadow',
    'POST /v1/segments/preview',
    'POST /v1/utm/lint',
    'POST /v1/utm/lint/csv',
    'PUT /v1/click-classes/settings',
    'PUT /v1/ctas/:key',
    'PUT /v1/destinations/:key',
    'PUT /v1/journeys/:key',
    'PUT /v1/link-domains/:host',
    'PUT /v1/segments/:key',
    'PUT /v1/segments/:key/draft',
    'PUT /v1/segments/:key/members',
    'PUT /v1/sources/:source/history',
    'PUT /v1/utm/schema',
  ],
  ingest: [
    'POST /v1/alias',
    'POST /v1/b',
    'POST /v1/batch',
    'POST /v1/group',
    'POST /v1/identify',
    'POST /v1/import',
    'POST /v1/page',
    'POST /v1/screen',
    'POST /v1/track',
  ],
  'ingest or manage': ['GET /v1/imports', 'GET /v1/imports/:id', 'GET /v1/imports/:id/bad-lines', 'POST /v1/imports'],
  decide: [
    'POST /v1/journeys/:journey/branch-points/:branchPoint/decide',
    'POST /v1/journeys/:journey/branch-points/:branchPoint/decide/batch',
  ],
};

/**
 * What a listener of the server answers before Fastify is asked (`links/link-listener.ts`), so that nobody registers it. It is
 * for everybody who was sent a link; what each answers is tested with the links.
 */
const BESIDE_FASTIFY = ['GET /l/*', 'HEAD /l/*'];

/** What is no GET, and yet only reads or computes; every other change that a key of scope manage makes is logged. */
const CHANGE_NOTHING = [
  'DELETE /v1/segments/preview/{id}',
  'POST /v1/ctas/match',
  'POST /v1/decisions/{id}/replay',
  'POST /v1/destinations/check',
  'POST /v1/rules/simulate',
  'POST /v1/rules/validate',
  'POST /v1/segments/preview',
  'POST /v1/utm/lint',
  'POST /v1/utm/lint/csv',
];

const FILLED: Record<string, string> = { source: 'customerio', identifier: 'customer_id:1', destination: 'customerio' };

/** A path with something in the place of each parameter. */
function filled(path: string): string {
  return path.replace(/:(\w+)/g, (_, name: string) => FILLED[name] ?? 'x').replace('*', 'x');
}

/** Nothing, a page, a picture, metrics, or a file. */
const NO_JSON = [
  'DELETE /v1/api-keys/{id}',
  'DELETE /v1/ctas/{key}',
  'DELETE /v1/journeys/{key}',
  'DELETE /v1/link-domains/{host}',
  'DELETE /v1/segments/preview/{id}',
  'DELETE /v1/segments/{key}',
  'DELETE /v1/segments/{key}/draft',
  'DELETE /v1/segments/{key}/shadow',
  'GET /metrics',
  'GET /v1/links/{id}/qr',
  'GET /v1/profiles/{identifier}/export',
  'GET /v1/segments/{key}/members.csv',
  'GET /v1/segments/{key}/members.ndjson',
];

function isDescribed(responses: object): boolean {
  const successes = Object.entries(responses as Record<string, { content?: object }>).filter(([status]) =>
    status.startsWith('2'),
  );
  return successes.length > 0 && successes.every(([, { content }]) => content !== undefined);
}

type Responses = Record<string, { responses: object }>;

describe('every route', () => {
  let database: TestDatabase;
  let app: NestFastifyApplication;
  let url: string;
  const registered = new Set<string>();
  const keys = new Map<Scope, string>();

  beforeAll(async () => {
    database = await createTestDatabase();
    const config = parseConfig(turnoutEnv(database));
    app = await createApp(config, database.url, new NestLogger(createLogger(config.log)));
    app
      .getHttpAdapter()
      .getInstance()
      .addHook('onRoute', ({ method, url: path }: { method: string | string[]; url: string }) => {
        for (const one of [method].flat()) registered.add(`${one} ${path}`);
      });
    const store = app.get(ApiKeyStore);
    for (const scope of SCOPES) {
      keys.set(scope, (await store.create(app.get(DataSource).manager, { name: scope, scopes: [scope] })).key);
    }
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });

  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  const listed = Object.entries(ROUTES).flatMap(([who, routes]) => routes.map((route) => [route, who as Who] as const));
  const byKey = listed.filter(([, who]) => who !== 'everybody' && who !== 'signers');
  const isRight = (scope: Scope, who: Who) => who.split(' or ').includes(scope);

  async function ask(route: string, authorization?: string): Promise<Response> {
    const [method, path] = route.split(' ') as [string, string];
    const headers: Record<string, string> = { ...(authorization && { authorization }) };
    if (method === 'GET' || method === 'HEAD') return fetch(url + filled(path), { method, headers });
    headers['content-type'] = 'application/json';
    return fetch(url + filled(path), { method, headers, body: '{}' });
  }

  async function expectRefusal(response: Response, status: number): Promise<void> {
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(response.headers.get('www-authenticate')).toContain('Bearer');
    expect(await response.json()).toMatchObject({ status });
  }

  it('is listed with who may use it', () => {
    const own = [...registered].filter((route) => !/^(HEAD|OPTIONS) /.test(route));
    expect(own.sort()).toEqual(listed.map(([route]) => route).sort());
  });

  it.each(byKey)('refuses whoever comes without a key, or with an unknown one: %s', async (route) => {
    await expectRefusal(await ask(route), 401);
    await expectRefusal(await ask(route, `Bearer tk_${'a'.repeat(43)}`), 401);
    await expectRefusal(await ask(route, `Basic ${Buffer.from(`tk_${'a'.repeat(43)}:`).toString('base64')}`), 401);
  });

  it.each(byKey)('refuses a key of another scope: %s', async (route, who) => {
    const wrong = SCOPES.filter((scope) => !isRight(scope, who));
    expect(wrong.length).toBeGreaterThan(0);
    for (const scope of wrong) await expectRefusal(await ask(route, `Bearer ${keys.get(scope)}`), 403);
  });

  it.each(byKey)('lets a key of the right scope in: %s', async (route, who) => {
    for (const scope of SCOPES.filter((one) => isRight(one, who))) {
      const response = await ask(route, `Bearer ${keys.get(scope)}`);
      await response.body?.cancel();
      expect([401, 403, 429]).not.toContain(response.status);
      expect(response.status).toBeLessThan(500);
    }
  });

  it.each(ROUTES.everybody)('needs no key: %s', async (route) => {
    expect((await ask(route)).status).toBe(200);
  });

  it.each(BESIDE_FASTIFY)('needs no key, and answers a page: %s', async (route) => {
    const response = await ask(route);
    expect([response.status, response.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
  });

  it.each(['POST /l/*', 'PUT /l/*', 'DELETE /l/*'])('is none: %s', async (route) => {
    const response = await ask(route);
    expect([response.status, response.headers.get('content-type')]).toEqual([
      404,
      expect.stringContaining('application/problem+json'),
    ]);
  });

  it.each(ROUTES.signers)('needs a signature, and takes no key for one: %s', async (route) => {
    for (const authorization of [undefined, ...[...keys.values()].map((key) => `Bearer ${key}`)]) {
      const response = await ask(route, authorization);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Signature');
    }
  });

  it('is as closed to HEAD as to GET', async () => {
    const heads = [...registered].filter((route) => route.startsWith('HEAD '));
    const isPublic = (route: string) => ROUTES.everybody.includes(route.replace('HEAD', 'GET'));
    for (const route of heads) expect((await ask(route)).status).toBe(isPublic(route) ? 200 : 401);
  });

  it('leaves its trace in the audit log, unless it is known to change nothing', () => {
    const described = Object.entries(describeApi(app).paths).flatMap(([path, methods]) =>
      Object.entries(methods as Record<string, object>).map(([method, operation]) => ({ path, method, operation })),
    );
    expect(described.length).toBeGreaterThan(50);
    const silent = described.filter(({ operation, method }) => 'x-changes-nothing' in operation && method !== 'get');
    expect(silent.map(({ path, method }) => `${method.toUpperCase()} ${path}`).sort()).toEqual(CHANGE_NOTHING);
  });

  it('is described with the types of its parameters, and with how it refuses', () => {
    const { paths, components } = describeApi(app);
    expect(JSON.stringify(paths)).not.toContain('schemas/Object');
    expect(components?.schemas).toHaveProperty('Problem.required', ['title', 'status', 'detail']);
    for (const { responses } of Object.values(paths).flatMap((methods) => Object.values(methods as Responses)))
      expect(responses).toHaveProperty(['default', 'content', 'application/problem+json']);
  });

  it('is described with what it answers, unless that is no JSON', () => {
    const silent = Object.entries(describeApi(app).paths).flatMap(([path, methods]) =>
      Object.entries(methods as Responses)
        .filter(([, { responses }]) => !isDescribed(responses))
        .map(([method]) => `${method.toUpperCase()} ${path}`),
    );
    expect(silent.sort()).toEqual(NO_JSON);
  });

  it('answers what is not there with a problem', async () => {
    const response = await fetch(`${url}/v1/nothing-here`);
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
  });
});
