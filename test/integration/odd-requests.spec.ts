import { describeApi } from '../../src/platform/openapi.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { SIGNING_KEY, TestTurnout } from '../support/turnout.js';
import { customerioWebhook } from '../support/webhooks.js';

const CLICKED = { performed: 'click', within: '30d' };

interface Operation {
  parameters?: { in: string; name: string }[];
}

function described({ app }: TestTurnout) {
  return Object.entries(describeApi(app).paths).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, Operation>).map(([method, { parameters = [] }]) => ({
      method,
      path,
      parameters,
    })),
  );
}

describe('odd requests', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  beforeAll(async () => {
    database = await createTestDatabase();
    turnout = await TestTurnout.start(database);
  });

  afterAll(async () => {
    await turnout.stop();
    await database.drop();
  });

  it('U+0000 in an address is nobody’s fault on our side, at every route', async () => {
    const failures: string[] = [];
    for (const { method, path, parameters } of described(turnout)) {
      for (const { name, in: place } of parameters) {
        const query = place === 'query' ? `?${name}=a%00` : '';
        const address = path.replace(`{${name}}`, '%00').replace(/\{\w+\}/g, 'a') + query;
        const body = method === 'get' || method === 'delete' ? undefined : {};
        const { status } = await turnout.call(method.toUpperCase(), address, body);
        if (status >= 500) failures.push(`${method} ${address}: ${status}`);
      }
    }
    expect(failures).toEqual([]);
    const { status, body } = await turnout.call('GET', '/v1/segments/%00');
    expect({ status, detail: body.detail }).toEqual({
      status: 400,
      detail: 'The address holds the character U+0000, which no key, name or id can have. Take it out.',
    });
    const requeue = await turnout.call('POST', '/v1/outbox/dead-letters/requeue', { reason: 'a\u0000' });
    expect(requeue).toMatchObject({ status: 400, body: { detail: expect.stringMatching(/^The body holds/) } });
  });

  it.each<[string, unknown]>([
    ['a list', []],
    ['a list in a list', [[]]],
    ['a list as what one destination is told', { customerio: [] }],
  ])('%s is nowhere to push', async (_case, push) => {
    for (const call of [
      () => turnout.call('PUT', '/v1/segments/x', { rule: CLICKED, push }),
      () => turnout.call('POST', '/v1/segments/x/manual', { push }),
    ]) {
      expect(await call()).toMatchObject({
        status: 400,
        body: { errors: [{ pointer: '/push', detail: expect.stringContaining('must name destinations') }] },
      });
    }
  });

  it.each<[string, string, object]>([
    ['/utm/a~1b~0c', 'links', { cta: 'x', destination: 'https://shop.example/', utm: { 'a/b~c': 'd' } }],
    ['/a~1b', 'links', { links: [{}], 'a/b': 1 }],
    ['/a~1b', 'journeys/x/branch-points/y/decide', { 'a/b': 1 }],
    ['/identifiers/a~1b', 'journeys/x/branch-points/y/decide', { identifiers: { 'a/b': '1' } }],
    ['/a~1b', 'journeys/x/branch-points/y/decide/batch', { 'a/b': 1 }],
  ])('%s points to a name that needs to be escaped: %s', async (pointer, path, body) => {
    await turnout.call('PUT', '/v1/link-domains/go.example.com', { allowedHosts: ['shop.example'] });
    const answer = await turnout.call('POST', `/v1/${path}`, body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toContainEqual(expect.objectContaining({ pointer }));
  });

  const cursorOf = (...values: string[]) => Buffer.from(JSON.stringify(values)).toString('base64url');

  it.each([
    cursorOf('2026-01-01T00:00:00.000Z', 'x', 'y'),
    cursorOf('2026-01-01T00:00:00.000Z', '\0'),
    cursorOf('-271821-04-20T00:00:00.000Z', '5cb2e05c-9e4d-4a2f-8a2e-0f4f1a9a3c11'),
    cursorOf('2026-01-01T00:00:00.000Z', 'x', 'email', 'a@b.example'),
    cursorOf('2026-01-01T00:00:00.000Z', '9'.repeat(30), 'email', 'a@b.example'),
    cursorOf('-271821-04-20T00:00:00.000Z', '1', 'email', 'a@b.example'),
    cursorOf('x'),
    '{}',
  ])('a cursor that no list wrote is refused by each: %s', async (after) => {
    await turnout.send(customerioWebhook({ secret: SIGNING_KEY, at: Date.now(), identifiers: { id: '1' } }));
    for (const list of ['profiles/conflicts', 'profiles/customer_id:1/events', 'links', 'audit-log']) {
      const { status, body } = await turnout.call('GET', `/v1/${list}?after=${after}`);
      expect({ list, status, body }).toMatchObject({ list, status: 400, body: { errors: [{ pointer: '/after' }] } });
    }
  });

  it('a cursor of the events of a profile is none of the links’, and the other way round', async () => {
    const after = cursorOf('2026-01-01T00:00:00.000Z', 'Z-Rw-AEnJz8');
    expect(await turnout.call('GET', `/v1/profiles/customer_id:1/events?after=${after}`)).toMatchObject({
      status: 400,
    });
    expect(await turnout.call('GET', `/v1/links?after=${after}`)).toMatchObject({ status: 200 });
  });

  it('a place in a list of bad lines that is beyond all numbers is refused', async () => {
    await turnout.must('POST', '/v1/imports?id=odd');
    const { status, body } = await turnout.call('GET', '/v1/imports/odd/bad-lines?after=1e30');
    expect({ status, pointer: body.errors?.[0].pointer }).toEqual({ status: 400, pointer: '/after' });
  });

  it.each<[string, string, string, object | undefined]>([
    ['/live', 'POST', 'link-qa/runs', { live: [{ cta: 'cart' }] }],
    ['/honeypotWithin', 'PUT', 'click-classes/settings', { honeypotWithin: null }],
    ['/burstLinks', 'PUT', 'click-classes/settings', { burstLinks: null }],
    ['/to', 'GET', 'link-reports?period=month&to=0000-01-01', undefined],
  ])('what is no value at %s is refused: %s %s', async (pointer, method, path, body) => {
    const answer = await turnout.call(method, `/v1/${path}`, body);
    expect({ status: answer.status, pointer: answer.body.errors[0].pointer }).toEqual({ status: 400, pointer });
  });

  it('a report may end with the first days that there are', async () => {
    expect((await turnout.must('GET', '/v1/link-reports?period=month&to=0001-03-01')).rows).toEqual([]);
  });

  it('decisions about nobody in particular are not those about everybody', async () => {
    const { status, body } = await turnout.call('GET', '/v1/decisions?profile=');
    expect({ status, pointer: body.errors?.[0].pointer }).toEqual({ status: 400, pointer: '/profile' });
  });

  it.each<[string, string, string, object]>([
    ['/patterns/0/query/a', 'PUT', 'ctas/odd', { patterns: [{ host: 'a.example', query: { a: '\ud800' } }] }],
    ['/patterns/0/query', 'PUT', 'ctas/odd', { patterns: [{ host: 'a.example', query: { '\ud800': 'a' } }] }],
    [
      '/utm/utm_source',
      'POST',
      'links',
      { cta: 'x', destination: 'https://a.example/', utm: { utm_source: 'a\udc00' } },
    ],
    ['/settings/url', 'PUT', 'destinations/odd', { kind: 'webhook', settings: { url: 'https://a.example/\ud800' } }],
    ['/name', 'POST', 'api-keys', { name: '\ud83d', scopes: ['decide'] }],
  ])('half of a character at %s is refused, a whole one is not: %s %s', async (pointer, method, path, body) => {
    const refused = await turnout.call(method, `/v1/${path}`, body);
    expect(refused).toMatchObject({
      status: 400,
      body: { errors: [{ pointer, detail: expect.stringContaining('half of a character') }] },
    });
    const whole = JSON.parse(JSON.stringify(body).replace(/\\ud[89a-f]../, '\\ud83d\\ude00')) as object;
    const answer = await turnout.call(method, `/v1/${path}`, whole);
    expect(answer.status).toBeLessThan(500);
    expect(JSON.stringify(answer.body)).not.toContain('half of a character');
  });

  it('the days of every time zone can be asked for, by each of its names', async () => {
    await turnout.must('PUT', '/v1/segments/zoned', { rule: CLICKED });
    const activity = (timeZone: string) =>
      turnout.must(
        'GET',
        `/v1/segments/zoned/activity?from=2026-07-01&to=2026-07-03&timeZone=${encodeURIComponent(timeZone)}`,
      );
    for (const zone of Intl.supportedValuesOf('timeZone')) await activity(zone);
    for (const [alias, zone] of Object.entries({
      AET: 'Australia/Sydney',
      'US/Pacific-New': 'America/Los_Angeles',
      IST: 'Asia/Kolkata',
      PST: 'America/Los_Angeles',
      'Etc/GMT+5': 'EST',
    })) {
      expect({ alias, spans: (await activity(alias)).spans }).toEqual({ alias, spans: (await activity(zone)).spans });
    }
    expect(await turnout.call('GET', '/v1/segments/zoned/activity?timeZone=%2B05:30')).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/timeZone' }] },
    });
  });

  it('a recipe without parameters has its defaults, said as null, too', async () => {
    const made = await turnout.call('POST', '/v1/recipes/vip-by-revenue/segments', { key: 'vip', parameters: null });
    expect(made.status).toBe(201);
  });
});
