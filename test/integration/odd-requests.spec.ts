import { describeApi } from '../../src/platform/openapi.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { TestTurnout } from '../support/turnout.js';

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

  it('a recipe without parameters has its defaults, said as null, too', async () => {
    const made = await turnout.call('POST', '/v1/recipes/vip-by-revenue/segments', { key: 'vip', parameters: null });
    expect(made.status).toBe(201);
  });
});
