import { gzipSync } from 'node:zlib';
import { Analytics } from '@segment/analytics-node';
import { DAY, T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { TestTurnout, type Answer, type JsonObject } from '../support/turnout.js';

describe("Segment's API", () => {
  let database: TestDatabase;
  let turnout: TestTurnout;
  let writeKey: string;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database);
    writeKey = await keyOf(['ingest']);
  });

  afterEach(async () => {
    await turnout.stop();
    await database.drop();
  });

  async function keyOf(scopes: string[]): Promise<string> {
    return (await turnout.must('POST', '/v1/api-keys', { name: 'shop', scopes })).key as string;
  }

  const basic = (key: string, password = ''): string => `Basic ${Buffer.from(`${key}:${password}`).toString('base64')}`;

  async function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    return turnout.send({
      path,
      body: bytes,
      headers: { authorization: basic(writeKey), 'content-type': 'application/json', ...headers },
    });
  }

  async function rowsOf(sql: string): Promise<JsonObject[]> {
    return (await database.pool.query<JsonObject>(sql)).rows;
  }

  const events = (): Promise<JsonObject[]> =>
    rowsOf('SELECT name, source, profile_id, occurred_at, properties FROM events ORDER BY seq');
  const deadLetters = async (): Promise<JsonObject[]> =>
    (await turnout.must('GET', '/v1/sources/dead-letters')).deadLetters as JsonObject[];

  it.each([
    ['identify', { traits: { plan: 'Pro' } }, 'identify', { plan: 'Pro' }],
    ['track', { event: 'Trial Started', properties: { plan: 'Pro' } }, 'Trial Started', { plan: 'Pro' }],
    ['page', { name: 'Cart' }, 'page', { name: 'Cart' }],
    ['screen', { name: 'Home' }, 'screen', { name: 'Home' }],
    ['group', { groupId: 'acme' }, 'group', { group_id: 'acme' }],
    ['alias', { previousId: 'anon' }, 'alias', {}],
  ])('stores a call of %s once, however often it comes', async (type, call, name, properties) => {
    const body = { userId: '4711', messageId: 'm-1', timestamp: new Date(T0 - 1_000).toISOString(), ...call };
    for (const _ of [1, 2])
      expect(await post(`/v1/${type}`, body)).toMatchObject({ status: 200, body: { success: true } });
    expect(await events()).toMatchObject([{ name, source: 'segment', properties, occurred_at: new Date(T0 - 1_000) }]);
  });

  it('is for keys that may send events, as Basic user name or as Bearer', async () => {
    const call = { userId: '1', event: 'x' };
    const [other, status] = [
      await keyOf(['decide', 'manage']),
      async (authorization: string) => (await post('/v1/track', call, { authorization })).status,
    ] as const;
    expect(await status(basic(writeKey))).toBe(200);
    expect(await status(`Bearer ${writeKey}`)).toBe(200);
    expect(await status(basic(other))).toBe(403);
    for (const wrong of [
      basic('tk_guess'),
      basic(writeKey, 'password'),
      basic(''),
      'Basic',
      'Basic !!',
      `Basic ${writeKey}`,
    ]) {
      expect(await status(wrong)).toBe(401);
    }
    const unknown = await turnout.send({ path: '/v1/track', headers: {}, body: Buffer.from(JSON.stringify(call)) });
    expect(unknown.status).toBe(401);
  });

  it('sets the clock of the sender right, and keeps a retry from counting as another event', async () => {
    const wrong = T0 + 40 * DAY; // the sender's clock is 40 days fast
    const call = (sent: number) => ({
      userId: '1',
      event: 'x',
      messageId: 'm-1',
      timestamp: new Date(wrong - 5_000).toISOString(),
      sentAt: new Date(sent).toISOString(),
    });
    await post('/v1/track', call(wrong));
    await database.setClock(T0 + 3_000);
    await post('/v1/track', call(wrong + 3_000));
    expect(await events()).toMatchObject([{ occurred_at: new Date(T0 - 5_000) }]);
    expect(await deadLetters()).toEqual([]);
  });

  it('takes a retry of a call without a time for the same, though it is sent later', async () => {
    for (const [sent, status] of [
      [T0, 200],
      [T0 + 9_000, 200],
    ] as const) {
      await database.setClock(sent);
      const call = { userId: '1', event: 'x', messageId: 'm-1', sentAt: new Date(sent).toISOString() };
      expect((await post('/v1/track', call)).status).toBe(status);
    }
    expect(await events()).toMatchObject([{ occurred_at: new Date(T0) }]);
    expect(await deadLetters()).toEqual([]);
  });

  it('takes of a batch what it can, keeps the rest aside with the reasons, and answers success', async () => {
    const good = { type: 'track', userId: '1', event: 'x' };
    const bad = [{ type: 'track', userId: '1' }, { type: 'page' }, 'nonsense'];
    const batch = [good, bad[0], { ...good, messageId: 'm' }, bad[1], bad[2]];
    expect((await post('/v1/batch', { batch })).body).toEqual({ success: true });
    expect(await events()).toHaveLength(2);
    const letters = await deadLetters();
    expect(letters.map(({ source, reason }) => [source, reason])).toEqual(
      expect.arrayContaining([
        ['segment', 'wrong_shape'],
        ['segment', 'no_identifier'],
      ]),
    );
    const kept = await rowsOf('SELECT body FROM dead_letters ORDER BY id');
    const bodies = kept.map(({ body }) => JSON.parse((body as Buffer).toString()) as unknown);
    expect(bodies).toHaveLength(3);
    expect(bodies).toEqual(expect.arrayContaining(bad));
  });

  it.each(['/v1/import', '/v1/b'])(
    'takes a batch under the path that other libraries have for it, too: %s',
    async (path) => {
      const large = { type: 'track', userId: '1', event: 'x', properties: { note: 'x'.repeat(20_000) } };
      const batch = Array.from({ length: 20 }, (_, n) => ({ ...large, messageId: `${path}-${n}` }));
      expect(await post(path, { batch })).toMatchObject({ status: 200, body: { success: true } });
      expect(await events()).toHaveLength(20);
      expect((await post(path, { batch: [] })).status).toBe(400);
      const [other, call] = [await keyOf(['decide', 'manage']), { batch: [large] }];
      expect((await post(path, call, { authorization: basic(other) })).status).toBe(403);
    },
  );

  it('stores a full batch, each call once', async () => {
    const call = (n: number) => ({ type: 'track', userId: String(n % 50), event: 'x', messageId: `m-${n % 2_400}` });
    const batch = Array.from({ length: 2_500 }, (_, n) => call(n));
    expect((await post('/v1/batch', { batch })).body).toEqual({ success: true });
    expect(await rowsOf('SELECT count(*)::int AS n, count(DISTINCT profile_id)::int AS people FROM events')).toEqual([
      { n: 2_400, people: 50 },
    ]);
    expect(await deadLetters()).toEqual([]);
  });

  it('explains what is wrong with a single call, all of it, and keeps nothing', async () => {
    const answer = await post('/v1/track', { event: '', timestamp: 'x' });
    expect(answer).toMatchObject({ status: 400, type: expect.stringContaining('application/problem+json') });
    expect((answer.body.errors as JsonObject[]).map(({ pointer }) => pointer as string)).toEqual([
      '/timestamp',
      '/event',
      '/userId',
    ]);
    const refund = await post('/v1/track', { userId: '1', event: 'Order Refunded', properties: {} });
    expect(refund.body.errors).toMatchObject([{ pointer: '/properties/order_id', expected: 'a text or a number' }]);
    expect([await events(), await deadLetters()]).toEqual([[], []]);
  });

  it('takes packed bodies, up to the size that they unpack to', async () => {
    const packed = { 'content-encoding': 'gzip' };
    const call = { userId: '1', event: 'x' };
    expect((await post('/v1/track', gzipSync(JSON.stringify(call)), packed)).status).toBe(200);
    const bomb = gzipSync(JSON.stringify({ ...call, properties: { x: 'x'.repeat(32 * 1024) } }));
    expect((await post('/v1/track', bomb, packed)).status).toBe(413);
    expect((await post('/v1/track', Buffer.from('nonsense'), packed)).status).toBe(400);
    expect((await post('/v1/track', call, { 'content-encoding': 'br' })).status).toBe(415);
  });

  it('has attributes, purchases and refunds that rules understand', async () => {
    const segments = {
      pros: { attribute: 'plan', equals: 'Pro' },
      spenders: {
        performed: 'purchase',
        within: '30d',
        sum: { property: 'revenue', currency: 'EUR', atLeast: '100.00' },
      },
    };
    for (const [key, rule] of Object.entries(segments)) await turnout.must('PUT', `/v1/segments/${key}`, { rule });
    const at = { userId: '1', timestamp: new Date(T0).toISOString() };
    const order = (messageId: string) => ({
      ...at,
      type: 'track',
      messageId,
      event: 'Order Completed',
      properties: { order_id: 77, revenue: 110, currency: 'eur' },
    });
    await post('/v1/batch', {
      batch: [{ ...at, type: 'identify', traits: { plan: 'Pro' } }, order('m-1'), order('m-2')],
    });
    const isMember = async (key: string): Promise<boolean> =>
      (await turnout.must('GET', `/v1/segments/${key}/profiles/customer_id:1`)).isMember as boolean;
    expect([await isMember('pros'), await isMember('spenders')]).toEqual([true, true]);
    await post('/v1/track', { ...at, event: 'Order Refunded', properties: { order_id: 77, total: '10.01' } });
    expect([await isMember('pros'), await isMember('spenders')]).toEqual([true, false]);
    expect((await events()).filter(({ name }) => name === 'purchase')).toHaveLength(1);
  });

  it('can be declared to be complete since an instant', async () => {
    const since = { startsAt: '2025-01-01T00:00:00Z', eventNames: ['Trial Started'] };
    expect(await turnout.must('PUT', '/v1/sources/segment/history', since)).toMatchObject({ source: 'segment' });
    expect((await turnout.call('POST', '/v1/sources/segment', {})).status).toBe(404);
  });

  it("is spoken by Segment's own SDK", async () => {
    const refused: unknown[] = [];
    const analytics = new Analytics({ writeKey, host: turnout.url, path: '/v1/batch', flushAt: 50, flushInterval: 50 });
    analytics.on('error', (error) => refused.push(error));
    const timestamp = new Date(T0 - 60_000);
    analytics.identify({
      userId: '4711',
      anonymousId: 'anon',
      traits: { email: 'ann@example.com', plan: 'Pro' },
      timestamp,
    });
    for (let n = 0; n < 120; n++) {
      analytics.track({
        userId: '4711',
        event: 'Product Added',
        properties: { product_id: n, price: 9.99 },
        timestamp,
      });
    }
    analytics.page({ anonymousId: 'anon', name: 'Cart', timestamp });
    analytics.alias({ userId: '4711', previousId: 'anon', timestamp });
    analytics.group({ userId: '4711', groupId: 'acme', timestamp });
    analytics.screen({ userId: '4711', name: 'Home', timestamp });
    await analytics.closeAndFlush();
    expect(refused).toEqual([]);
    const stored = await events();
    expect(stored).toHaveLength(125);
    expect(stored.filter(({ name }) => name === 'product_added')).toHaveLength(120);
    expect(new Set(stored.map(({ name }) => name as string)).size).toBe(6);
    expect(new Set(stored.map(({ profile_id }) => profile_id as string)).size).toBe(1);
    expect(await deadLetters()).toEqual([]);
  });
});
