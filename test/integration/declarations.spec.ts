import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startCustomerioServer, type CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { DAY, HOUR, T0 } from '../support/builders.js';
import { SHOPIFY_SECRET, SIGNING_KEY, TestTurnout } from '../support/turnout.js';
import { customerioWebhook, shopifyWebhook } from '../support/webhooks.js';

const CLICKED = { performed: 'click', within: '30d' };

describe('what marketers declare', () => {
  let database: TestDatabase;
  let customerio: CustomerioServer;
  let turnout: TestTurnout;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    customerio = await startCustomerioServer();
    turnout = await TestTurnout.start(database, customerio);
    for (const id of ['1', '2']) customerio.seedPerson({ id, cio_id: `c${id}` });
    for (const id of [7, 8]) customerio.seedSegment({ id, name: `s${id}`, type: 'manual' });
  });

  afterEach(async () => {
    await turnout.stop();
    await customerio.stop();
    await database.drop();
  });

  const click = (id: string, href: string, at = T0) =>
    turnout.send(customerioWebhook({ secret: SIGNING_KEY, at, href, identifiers: { id } }));

  const put = (segment: string, rule: unknown, segmentId?: number) =>
    turnout.call('PUT', `/v1/segments/${segment}`, { rule, ...(segmentId && { push: { customerio: { segmentId } } }) });

  const transitions = async (id: string) =>
    (await turnout.must('GET', `/v1/profiles/customer_id:${id}`)).transitions as Record<string, unknown>[];

  it('a rule that is wrong is refused with every problem and a pointer to each', async () => {
    const answer = await put('x', { all: [{ performed: 'click', within: 'soon' }, { performd: 'click' }] });
    expect(answer).toMatchObject({ status: 400, type: expect.stringContaining('application/problem+json') });
    expect(answer.body.errors).toMatchObject([{ pointer: '/rule/all/0/within' }, { pointer: '/rule/all/1' }]);
    expect((await turnout.call('GET', '/v1/segments/x')).status).toBe(404);
    const other = await turnout.call('PUT', '/v1/segments/x', {
      rul: CLICKED,
      push: { customerio: { segmentId: 'a b' } },
    });
    expect(other.body.errors.map((one: { pointer: string }) => one.pointer).sort()).toEqual([
      '/push/customerio/segmentId',
      '/rul',
      '/rule',
    ]);
    expect((await put('Not A Key', CLICKED)).status).toBe(400);
  });

  it('a journey that is removed answers nothing new and needs nothing; declared again, it goes on', async () => {
    const journey = {
      branchPoints: { p: { branches: [{ key: 'yes', segment: 'clicked' }], default: 'no', whenUnknown: 'evaluate' } },
    };
    const ask = (runKey: string) =>
      turnout.call('POST', '/v1/journeys/j/branch-points/p/decide', {
        identifiers: { customer_id: '1' },
        journey_run_id: runKey,
      });
    await put('clicked', CLICKED);
    await click('1', 'https://shop.example/');
    await turnout.must('PUT', '/v1/journeys/j', journey);
    const decided = (await ask('run')).body;
    expect(decided).toMatchObject({ branch: 'yes', journey_version: 1 });
    expect((await turnout.call('DELETE', '/v1/segments/clicked')).body.detail).toContain('is needed by journey "j"');

    expect((await turnout.call('DELETE', '/v1/journeys/j')).status).toBe(204);
    for (const method of ['GET', 'DELETE'])
      expect((await turnout.call(method, '/v1/journeys/j')).body.detail).toBe('There is no journey "j".');
    expect(await turnout.must('GET', '/v1/journeys')).toEqual({ journeys: [] });
    expect((await ask('another')).body).toMatchObject({ status: 404, detail: 'There is no journey "j".' });
    expect((await ask('run')).body).toMatchObject({ branch: 'yes', reason: 'CACHED' });
    const logged = `/v1/decisions/${decided.decision_id as string}`;
    expect(await turnout.must('POST', `${logged}/replay`)).toMatchObject({ matches: true });
    expect((await turnout.call('DELETE', '/v1/segments/clicked')).status).toBe(204);

    await put('clicked', CLICKED);
    expect(await turnout.must('PUT', '/v1/journeys/j', journey)).toMatchObject({ version: 2 });
    expect((await ask('run')).body).toMatchObject({ decision_id: decided.decision_id, reason: 'CACHED' });
    expect((await ask('another')).body).toMatchObject({ branch: 'yes', journey_version: 2 });
  });

  it('a segment is pushed only where it can be', async () => {
    const push = { customerio: { segmentId: '007' }, nowhere: {} };
    const answer = await turnout.call('PUT', '/v1/segments/x', { rule: CLICKED, push });
    expect(answer).toMatchObject({
      status: 400,
      body: {
        errors: [
          { pointer: '/push/customerio/segmentId', detail: expect.stringContaining('number') },
          { pointer: '/push/nowhere', expected: 'one of customerio' },
        ],
      },
    });
    expect((await turnout.call('PUT', '/v1/segments/x', { rule: CLICKED, push: 'customerio' })).status).toBe(400);
    expect((await turnout.call('GET', '/v1/segments/x')).status).toBe(404);
  });

  it('a URL that is none is a problem like any other', async () => {
    const answer = await turnout.call('GET', '/v1/%zz');
    expect(answer).toMatchObject({ status: 400, type: expect.stringContaining('application/problem+json') });
  });

  it('a rule holds for people known before it, stamped with the instant it was published', async () => {
    await click('1', 'https://shop.example/a');
    await turnout.settle();
    await database.setClock(T0 + DAY);
    const created = await put('clicked', CLICKED, 7);
    expect(created).toMatchObject({ status: 201, body: { version: 1, sentence: expect.stringContaining('30 days') } });
    await turnout.settle();
    expect(await transitions('1')).toMatchObject([
      { kind: 'entered', cause: 'rule', version: 1, at: new Date(T0 + DAY).toISOString() },
    ]);
    expect(customerio.segmentMembers(7)).toEqual(['1']);
  });

  it('an edited rule replaces the old one; nobody stays behind', async () => {
    await put('clicked', CLICKED, 7);
    await click('1', 'https://shop.example/a');
    await turnout.settle();
    await database.setClock(T0 + 2 * DAY);
    expect(await put('clicked', { performed: 'click', within: '1d' }, 7)).toMatchObject({
      status: 200,
      body: { version: 2 },
    });
    await turnout.settle();
    expect((await transitions('1')).map(({ kind, cause, version }) => [kind, cause, version])).toEqual([
      ['entered', 'event', 1],
      ['exited', 'rule', 2],
    ]);
    expect(customerio.segmentMembers(7)).toEqual([]);
  });

  it('members follow to another segment of Customer.io, and leave the old one', async () => {
    await put('clicked', CLICKED);
    await click('1', 'https://shop.example/a');
    await turnout.settle();
    await put('clicked', CLICKED, 7);
    await turnout.settle();
    expect([customerio.segmentMembers(7), customerio.segmentMembers(8)]).toEqual([['1'], []]);
    await put('clicked', CLICKED, 8);
    await turnout.settle();
    expect([customerio.segmentMembers(7), customerio.segmentMembers(8)]).toEqual([[], ['1']]);
    expect(await transitions('1')).toHaveLength(1);
    expect((await put('other', CLICKED, 8)).status).toBe(409);
  });

  it('a deleted segment loses its members, here and there; what a journey needs can’t be deleted', async () => {
    await put('clicked', CLICKED, 7);
    await click('1', 'https://shop.example/a');
    await turnout.settle();
    const point = { branches: [{ key: 'yes', segment: 'clicked' }], default: 'no' };
    await turnout.must('PUT', '/v1/journeys/welcome', { branchPoints: { fork: point } });
    const refused = await turnout.call('DELETE', '/v1/segments/clicked');
    expect(refused).toMatchObject({ status: 409, body: { detail: expect.stringContaining('journey "welcome"') } });
    await turnout.must('PUT', '/v1/journeys/welcome', {
      branchPoints: { fork: { ...point, branches: [{ key: 'yes', rule: CLICKED }] } },
    });
    expect((await turnout.call('DELETE', '/v1/segments/clicked')).status).toBe(204);
    await turnout.settle();
    expect(await transitions('1')).toMatchObject([{ kind: 'entered' }, { kind: 'exited', cause: 'rule' }]);
    expect(customerio.segmentMembers(7)).toEqual([]);
    expect((await turnout.call('DELETE', '/v1/segments/clicked')).status).toBe(404);
    expect(await put('clicked', CLICKED, 7)).toMatchObject({ status: 201, body: { version: 2 } });
    await turnout.settle();
    expect(await transitions('1')).toHaveLength(3);
  });

  it('a changed CTA holds for past clicks', async () => {
    await put('refill', { performed: 'click', where: { cta: 'replenish' } });
    await click('1', 'https://shop.example/refill/beans?cta=replenish');
    await turnout.settle();
    expect(await transitions('1')).toEqual([]);
    await database.setClock(T0 + DAY);
    const created = await turnout.call('PUT', '/v1/ctas/replenish', {
      kind: 'reorder',
      patterns: [{ path: '/refill/*' }],
    });
    expect(created.status).toBe(201);
    await turnout.settle();
    expect(await transitions('1')).toMatchObject([{ kind: 'entered', cause: 'catalogue' }]);
    const elsewhere = { patterns: [{ path: '/elsewhere' }] };
    expect((await turnout.call('PUT', '/v1/ctas/replenish', elsewhere)).status).toBe(200);
    await turnout.settle();
    expect(await transitions('1')).toHaveLength(2);
    const wrong = await turnout.call('PUT', '/v1/ctas/replenish', {
      patterns: [{}, { query: { a: 1 } }, { host: 'a b' }],
    });
    expect(wrong.status).toBe(400);
  });

  it('a declared history lets "did not" be said', async () => {
    await put('quiet', { performed: 'purchase', count: { exactly: 0 }, within: '30d' });
    await click('1', 'https://shop.example/a');
    await turnout.settle();
    const why = await turnout.must('GET', '/v1/segments/quiet/profiles/customer_id:1');
    expect(why).toMatchObject({ isMember: false, value: 'undetermined', undetermined: 'insufficient_history' });
    const declared = await turnout.must('PUT', '/v1/sources/shopify/history', {
      startsAt: '2020-01-01T00:00:00Z',
      eventNames: ['purchase'],
    });
    expect(declared).toMatchObject({ eventNames: ['purchase'] });
    await turnout.settle();
    expect(await transitions('1')).toMatchObject([{ kind: 'entered', cause: 'catalogue' }]);
  });

  it('an event that several sources tell of rests on each of them', async () => {
    const bought = (id: string) => ({ order_id: id, revenue: 10, currency: 'EUR' });
    await turnout.must('POST', '/v1/track', { userId: '2', event: 'Order Completed', properties: bought('1') });
    await turnout.send(shopifyWebhook('orders/create', { secret: SHOPIFY_SECRET, at: T0, customerId: 3 }));
    await put('buyers', { performed: 'purchase', within: '30d' });
    const { needs } = await turnout.must('GET', '/v1/segments/buyers/dependencies');
    expect(needs).toMatchObject({ sources: ['segment', 'shopify'] });
    const history = { startsAt: '2020-01-01T00:00:00Z' };
    for (const source of ['shopify', 'segment'])
      expect(await turnout.must('PUT', `/v1/sources/${source}/history`, history)).toMatchObject({
        eventNames: ['purchase'],
      });
    const later = { startsAt: '2026-02-01T00:00:00Z' }; // by hand, it is as it is said last
    await turnout.must('PUT', '/v1/sources/segment/history', later);
    expect((await turnout.must('GET', '/v1/segments/buyers/dependencies')).needs).toMatchObject({
      events: [{ completeSince: '2026-02-01T00:00:00.000Z' }, { completeSince: '2026-02-01T00:00:00.000Z' }, {}, {}],
    });

    const whenStale = { limits: { shopify: '6h' } };
    await turnout.must('PUT', '/v1/journeys/j', {
      branchPoints: { p: { branches: [{ key: 'yes', segment: 'buyers' }], default: 'no', whenStale } },
    });
    await click('1', 'https://shop.example/');
    await database.setClock(T0 + 7 * HOUR);
    const asked = { identifiers: { customer_id: '1' } };
    const answer = await turnout.must('POST', '/v1/journeys/j/branch-points/p/decide', asked);
    expect(answer).toMatchObject({ status: 'held', reason: 'STALE' });
  });

  it('answers why somebody is in, and when they leave', async () => {
    await put('clicked', CLICKED);
    await click('1', 'https://shop.example/a');
    await turnout.settle();
    const why = await turnout.must('GET', '/v1/segments/clicked/profiles/customer_id:1');
    expect(why).toMatchObject({
      isMember: true,
      changesAt: new Date(T0 + 30 * DAY).toISOString(),
      because: { condition: 'did "click" in the last 30 days', evidence: [expect.any(String)] },
    });
    expect((await turnout.call('GET', '/v1/segments/clicked/profiles/customer_id:9')).status).toBe(404);
    expect((await turnout.call('GET', '/v1/segments/clicked/profiles/nonsense')).status).toBe(400);
  });

  describe('decisions', () => {
    const point = {
      branches: [
        { key: 'friction', rule: { performed: 'click', notFollowedBy: { performed: 'purchase', within: '3d' } } },
        { key: 'clicked', rule: CLICKED },
      ],
      default: 'hook',
      whenPending: 'wait',
    };
    const decide = (identifiers: unknown, path = 'welcome/branch-points/fork') =>
      turnout.call('POST', `/v1/journeys/${path}/decide`, { identifiers });

    beforeEach(async () => {
      await turnout.must('PUT', '/v1/journeys/welcome', { branchPoints: { fork: point } });
      await turnout.must('PUT', '/v1/sources/shopify/history', {
        startsAt: '2020-01-01T00:00:00Z',
        eventNames: ['purchase'],
      });
      await click('1', 'https://shop.example/a');
      await turnout.settle();
    });

    it('answers small flat JSON, waits while pending, and tells Customer.io once decided', async () => {
      expect(await decide({ customer_id: 1 })).toMatchObject({
        status: 200,
        body: { branch: null, status: 'pending', reason: 'PENDING', settles_at: new Date(T0 + 3 * DAY).toISOString() },
      });
      await database.setClock(T0 + 3 * DAY);
      const { body } = await decide({ customer_id: 1, email: '' });
      expect(body).toMatchObject({
        branch: 'friction',
        status: 'decided',
        reason: 'TARGETING_MATCH',
        settles_at: null,
      });
      expect(Object.values(body).every((value) => value === null || typeof value !== 'object')).toBe(true);
      await turnout.settle();
      // The one that waited has settled by itself.
      const told = customerio.events('turnout_branch_decided');
      expect(told).toHaveLength(2);
      expect(told).toContainEqual(
        expect.objectContaining({
          id: body.decision_id,
          data: expect.objectContaining({ branch: 'friction', journey: 'welcome', branch_point: 'fork' }) as unknown,
        }),
      );
      expect(await turnout.must('GET', `/v1/decisions/${body.decision_id as string}`)).toMatchObject({
        branch: 'friction',
        because: [{ branch: 'friction', because: { evidence: [expect.any(String)] } }],
      });
    });

    it('sends an unknown profile to the default, marked, and tells nobody', async () => {
      expect(await decide({ customer_id: 'nobody' })).toMatchObject({
        status: 200,
        body: { branch: 'hook', reason: 'DEFAULT', error_code: 'PROFILE_UNKNOWN' },
      });
      await turnout.settle();
      expect(customerio.events('turnout_branch_decided')).toEqual([]);
    });

    it('answers 404 to an unknown journey or branch point, and 400 to rubbish', async () => {
      expect((await decide({ customer_id: 1 }, 'nope/branch-points/fork')).status).toBe(404);
      expect((await decide({ customer_id: 1 }, 'welcome/branch-points/nope')).body.detail).toContain('"fork"');
      expect((await decide({})).status).toBe(400);
      expect((await decide({ shoe_size: 1 })).body.errors).toMatchObject([{ pointer: '/identifiers/shoe_size' }]);
      expect((await decide('1')).status).toBe(400);
      const wrong = {
        fork: {
          branches: [
            { key: 'a', segment: 'nope' },
            { key: 'a', rule: { nope: 1 } },
          ],
          default: 'x',
        },
      };
      const answer = await turnout.call('PUT', '/v1/journeys/welcome', { branchPoints: wrong });
      expect(answer.body.errors).toMatchObject([
        { pointer: '/branchPoints/fork/branches/0/segment' },
        { pointer: '/branchPoints/fork/branches/1/key' },
        { pointer: '/branchPoints/fork/branches/1/rule' },
      ]);
    });
  });
});
