import type { Rule } from '../../src/core/rule.js';
import { DAY, HOUR, T0 } from '../support/builders.js';
import { inconsistencies, wrongTimers } from '../support/consistency.js';
import { startCustomerioServer, type CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { SHOPIFY_SECRET, SIGNING_KEY, TestTurnout } from '../support/turnout.js';
import {
  customerioWebhook,
  shopifyWebhook,
  type CustomerioWebhook,
  type ShopifyTopic,
  type ShopifyWebhook,
} from '../support/webhooks.js';

const CLICKED: Rule = { performed: 'click', within: '30d' };
const IN_ALL: Rule = { all: [{ segment: 'clicked' }, { everyone: true }] };

const at = (ms: number) => new Date(T0 + ms).toISOString();

describe('rules of the whole language in the service', () => {
  let database: TestDatabase;
  let customerio: CustomerioServer;
  let turnout: TestTurnout;
  let rules: Record<string, Rule>;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    customerio = await startCustomerioServer();
    turnout = await TestTurnout.start(database, customerio);
    customerio.seedPerson({ id: '1', cio_id: 'c1' });
    customerio.seedSegment({ id: 7, name: 's7', type: 'manual' });
    rules = {};
  });

  afterEach(async () => {
    await turnout.stop();
    await customerio.stop();
    await database.drop();
  });

  const tryPut = (segment: string, rule: Rule) => turnout.call('PUT', `/v1/segments/${segment}`, { rule });

  async function put(segment: string, rule: Rule): Promise<void> {
    await turnout.must('PUT', `/v1/segments/${segment}`, { rule });
    rules[segment] = rule;
  }

  const report = (id: string, ms: number, more: Partial<CustomerioWebhook> = {}) =>
    turnout.send(
      customerioWebhook({
        secret: SIGNING_KEY,
        at: T0 + ms,
        identifiers: { id, email: `p${id}@example.com` },
        ...more,
      }),
    );

  const order = (topic: ShopifyTopic, id: string, ms: number, more: Partial<ShopifyWebhook> = {}) =>
    turnout.send(
      shopifyWebhook(topic, {
        secret: SHOPIFY_SECRET,
        at: T0 + ms,
        customerId: 9_000 + Number(id),
        email: `p${id}@example.com`,
        orderId: 1_000 + Number(id),
        ...more,
      }),
    );

  /** Moves the clock, and waits until nothing is due; what is stored is then what the core says. */
  async function settleAt(ms: number): Promise<void> {
    await database.setClock(T0 + ms);
    await turnout.settle();
    expect(await inconsistencies(database.pool, rules)).toEqual({ unreplayed: 0, wrong: [] });
    expect(await wrongTimers(database.pool, rules)).toEqual([]);
  }

  async function transitions(segment: string, id = '1'): Promise<unknown[][]> {
    const profile = await turnout.must('GET', `/v1/profiles/customer_id:${id}`);
    const own = (profile.transitions as Record<string, unknown>[]).filter((one) => one.segment === segment);
    return own.map((one) => [one.kind, one.cause, one.version, one.at]);
  }

  async function members(segment: string): Promise<string[]> {
    const { members: held } = await turnout.must('GET', `/v1/segments/${segment}/members`);
    return (held as { identifiers: { email: string } }[]).map((one) => /^p(\d+)@/.exec(one.identifiers.email)![1]!);
  }

  describe('a segment that names others', () => {
    it('is refused where one of them is not there, or where they would go round in a circle', async () => {
      const unknown = await tryPut('parent', { all: [CLICKED, { not: { segment: 'nope' } }] });
      expect(unknown).toMatchObject({ status: 400, type: expect.stringContaining('problem+json') as unknown });
      expect(unknown.body.errors).toMatchObject([
        { pointer: '/rule/all/1/not/segment', detail: 'there is no segment "nope"' },
      ]);
      await put('a', CLICKED);
      await put('b', { segment: 'a' });
      await put('c', { any: [{ segment: 'b' }, CLICKED] });
      expect((await tryPut('a', { not: { segment: 'c' } })).body.errors).toMatchObject([
        { pointer: '/rule/not/segment', detail: expect.stringContaining('"a" → "c" → "b" → "a"') as unknown },
      ]);
      expect((await tryPut('self', { segment: 'self' })).body.errors).toMatchObject([
        { pointer: '/rule/segment', detail: expect.stringContaining('"self" → "self"') as unknown },
      ]);
      expect((await turnout.must('GET', '/v1/segments/a')).version).toBe(1);
      expect((await turnout.call('GET', '/v1/segments/self')).status).toBe(404);
    });

    it('is refused where a rule that rests on it would grow beyond what a rule may be', async () => {
      await put('clicked', CLICKED);
      await put('a', CLICKED);
      await put('b', { segment: 'a', for: '2d' });
      await put('c', { segment: 'b', for: '1d' });
      const answer = await tryPut('a', { segment: 'clicked', for: '3d' });
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer: '/rule' }] } });
      expect(answer.body.errors[0].detail).toContain('segment "c" rests on this one');
    });

    it('of two changes at once that can’t both be, one is refused', async () => {
      await put('a', CLICKED);
      await put('b', CLICKED);
      for (let round = 0; round < 5; round++) {
        const answers = await Promise.all([tryPut('a', { segment: 'b' }), tryPut('b', { segment: 'a' })]);
        expect(answers.map((one) => one.status).sort()).toEqual([200, 400]);
        await tryPut(answers[0].status === 200 ? 'a' : 'b', CLICKED);
        await put('child', CLICKED);
        const [parent, removed] = await Promise.all([
          tryPut('parent', { segment: 'child' }),
          turnout.call('DELETE', '/v1/segments/child'),
        ]);
        expect([
          [201, 409],
          [400, 204],
        ]).toContainEqual([parent.status, removed.status]);
        await turnout.call('DELETE', '/v1/segments/parent');
      }
    });

    it('gains and loses its members by an edit of one of them, once, because of a rule', async () => {
      await put('clicked', CLICKED);
      await put('parent', IN_ALL);
      rules.grandparent = { any: [{ segment: 'parent' }, { performed: 'purchase' }] };
      const push = { customerio: { segmentId: 7 } };
      await turnout.must('PUT', '/v1/segments/grandparent', { rule: rules.grandparent, push });
      await report('1', 0);
      await settleAt(0);
      await database.setClock(T0 + 2 * DAY);
      await put('clicked', { performed: 'click', within: '1d' });
      await settleAt(2 * DAY);
      expect(customerio.segmentMembers(7)).toEqual([]);
      await database.setClock(T0 + 3 * DAY);
      await put('clicked', { ...CLICKED, by: 'anyone' });
      await settleAt(3 * DAY);
      expect(customerio.segmentMembers(7)).toEqual(['1']);
      // An edit that says nothing else changes nothing.
      await put('clicked', CLICKED);
      await settleAt(4 * DAY);
      expect(await transitions('clicked')).toEqual([
        ['entered', 'event', 1, at(0)],
        ['exited', 'rule', 2, at(2 * DAY)],
        ['entered', 'rule', 3, at(3 * DAY)],
      ]);
      for (const segment of ['parent', 'grandparent']) {
        expect(await transitions(segment)).toEqual([
          ['entered', 'event', 1, at(0)],
          ['exited', 'rule', 1, at(2 * DAY)],
          ['entered', 'rule', 1, at(3 * DAY)],
        ]);
      }
    });

    it('holds on to those that it names, and so does a journey', async () => {
      await put('clicked', CLICKED);
      await put('parent', IN_ALL);
      const branches = [{ key: 'yes', rule: { not: { segment: 'clicked' } } }];
      await turnout.must('PUT', '/v1/journeys/welcome', { branchPoints: { fork: { branches, default: 'no' } } });
      const refused = await turnout.call('DELETE', '/v1/segments/clicked');
      expect(refused).toMatchObject({ status: 409, type: expect.stringContaining('problem+json') as unknown });
      expect(refused.body.detail).toContain('needed by segment "parent", journey "welcome"');
      expect((await turnout.call('DELETE', '/v1/segments/parent')).status).toBe(204);
      expect((await turnout.call('DELETE', '/v1/segments/clicked')).body.detail).toContain(
        'needed by journey "welcome". ',
      );
      branches[0]!.rule = { not: CLICKED } as never;
      await turnout.must('PUT', '/v1/journeys/welcome', { branchPoints: { fork: { branches, default: 'no' } } });
      expect((await turnout.call('DELETE', '/v1/segments/clicked')).status).toBe(204);
    });

    it('moves people by time alone, each at its very instant, however late that is noticed', async () => {
      await put('clicked', { performed: 'click', within: '7d' });
      await put('steady', { segment: 'clicked', for: '36h' });
      await put('settled', {
        all: [{ segment: 'steady', for: '1d' }, { not: { performed: 'purchase', within: '30d' } }],
      });
      await turnout.must('PUT', '/v1/sources/shopify/history', { startsAt: at(-30 * DAY), eventNames: ['purchase'] });
      await report('1', 0);
      await settleAt(36 * HOUR - 1);
      expect(await members('steady')).toEqual([]);
      await settleAt(36 * HOUR);
      expect(await members('steady')).toEqual(['1']);
      await settleAt(30 * DAY);
      expect(await transitions('steady')).toEqual([
        ['entered', 'time', 1, at(36 * HOUR)],
        ['exited', 'time', 1, at(7 * DAY)],
      ]);
      expect(await transitions('settled')).toEqual([
        ['entered', 'time', 1, at(60 * HOUR)],
        ['exited', 'time', 1, at(7 * DAY)],
      ]);
    });
  });

  it('a journey asks by rules that name segments, as they are now', async () => {
    await put('clicked', CLICKED);
    await put('parent', IN_ALL);
    const branch = { key: 'in', rule: { all: [{ segment: 'parent' }, { not: { segment: 'nope' } }] } };
    const declare = () =>
      turnout.call('PUT', '/v1/journeys/welcome', { branchPoints: { fork: { branches: [branch], default: 'out' } } });
    expect((await declare()).body.errors).toMatchObject([
      { pointer: '/branchPoints/fork/branches/0/rule/all/1/not/segment', detail: 'there is no segment "nope"' },
    ]);
    await put('nope', { performed: 'click', within: '1h' });
    expect((await declare()).status).toBe(201);
    await report('1', 0);
    const decide = async () => {
      const question = { identifiers: { customer_id: '1' } };
      return (await turnout.must('POST', '/v1/journeys/welcome/branch-points/fork/decide', question)).branch as string;
    };
    expect(await decide()).toBe('out');
    await database.setClock(T0 + HOUR);
    expect(await decide()).toBe('in');
    await put('clicked', { performed: 'click', within: '30m' });
    expect(await decide()).toBe('out');
  });

  it('what is declared meanwhile is not taken for the reason of what time does', async () => {
    await put('clicked', { performed: 'click', within: '1d' });
    await report('1', 0);
    await settleAt(0);
    const point = { branches: [{ key: 'yes', segment: 'clicked' }], default: 'no' };
    await turnout.must('PUT', '/v1/journeys/welcome', { branchPoints: { fork: point } });
    await settleAt(DAY);
    expect(await transitions('clicked')).toEqual([
      ['entered', 'event', 1, at(0)],
      ['exited', 'time', 1, at(DAY)],
    ]);
  });

  it('divides everybody by buckets, the same at every look', async () => {
    await put('everyone', { everyone: true });
    await put('half', { bucket: { seed: 'spring', from: 0, to: 50 } });
    await put('rest', { bucket: { seed: 'spring', from: 50, to: 100 } });
    await put('other-half', { bucket: { seed: 'autumn', from: 0, to: 50 } });
    const people = Array.from({ length: 40 }, (_, index) => String(index + 1));
    await Promise.all(people.map((id) => report(id, 0)));
    await settleAt(0);
    const [half, rest] = [await members('half'), await members('rest')];
    expect((await members('everyone')).map(Number).sort((a, b) => a - b)).toEqual(people.map(Number));
    expect([...half, ...rest].map(Number).sort((a, b) => a - b)).toEqual(people.map(Number));
    expect(half.length).toBeGreaterThan(8);
    expect(half.length).toBeLessThan(32);
    expect(await members('other-half')).not.toEqual(half);
    await report('1', DAY);
    await settleAt(DAY);
    expect(await members('half')).toEqual(half);
  });

  it('sums what was spent in one currency, less what was undone, also before it was done', async () => {
    await put('spent', {
      performed: 'purchase',
      within: '30d',
      sum: { property: 'revenue', atLeast: 100, currency: 'EUR' },
    });
    await put('twice', { performed: 'purchase', within: '30d', count: { atLeast: 2 } });
    await database.setClock(T0 + 2 * DAY);
    await order('orders/create', '1', DAY, { amount: '60.00' });
    await order('refunds/create', '1', 0, { amount: '60.00' });
    await settleAt(2 * DAY);
    await database.setClock(T0 + 30 * DAY + HOUR);
    await order('orders/create', '1', 30 * DAY + HOUR, { amount: '60.00', orderId: 77 });
    await settleAt(30 * DAY + HOUR);
    expect([await members('spent'), await members('twice')]).toEqual([[], []]);
    const question = { identifiers: { email: 'p1@example.com' } };
    const point = { branches: [{ key: 'yes', segment: 'twice' }], default: 'no' };
    await turnout.must('PUT', '/v1/journeys/welcome', { branchPoints: { fork: point } });
    const path = '/v1/journeys/welcome/branch-points/fork/decide';
    expect(await turnout.must('POST', path, question)).toMatchObject({ branch: 'no' });
    await order('orders/create', '1', 30 * DAY, { amount: '40.00', orderId: 78 });
    await settleAt(30 * DAY + HOUR);
    expect([await members('spent'), await members('twice')]).toEqual([['1'], ['1']]);
  });
});
