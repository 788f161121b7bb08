import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { DAY, T0 } from '../support/builders.js';
import { SHOPIFY_SECRET, SIGNING_KEY, TestTurnout } from '../support/turnout.js';
import { customerioWebhook, type CustomerioWebhook, shopifyWebhook, SIGN } from '../support/webhooks.js';

describe('POST /v1/sources/:source', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database, undefined, {
      CUSTOMERIO_SIGNING_KEYS: `${SIGNING_KEY},old-key`,
      WEBHOOK_BODY_LIMIT_BYTES: '20000',
    });
  });

  afterEach(async () => {
    await turnout.stop();
    await database.drop();
  });

  const click = (more: Partial<CustomerioWebhook> = {}) => customerioWebhook({ secret: SIGNING_KEY, at: T0, ...more });

  async function count(table: string): Promise<number> {
    const { rows } = await database.pool.query<{ n: string }>(`SELECT count(*) AS n FROM ${table}`);
    return Number(rows[0]!.n);
  }

  async function deadLetters(): Promise<{ reason: string }[]> {
    return (await turnout.must('GET', '/v1/sources/dead-letters')).deadLetters as { reason: string }[];
  }

  it('stores a signed webhook once, however often it comes', async () => {
    expect((await turnout.send(click())).body).toEqual({ status: 'stored', events: 1 });
    expect((await turnout.send(click())).body).toEqual({ status: 'duplicate' });
    const [order, same] = [1, 2].map(() => shopifyWebhook('orders/create', { secret: SHOPIFY_SECRET, at: T0 }));
    expect((await turnout.send(order!)).body).toMatchObject({ status: 'stored' });
    expect((await turnout.send(same!)).body).toEqual({ status: 'duplicate' });
    expect(await count('events')).toBe(2);
  });

  it('stores it once when the same delivery comes many times at once', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => turnout.send(click())));
    expect(answers.map((answer) => answer.status)).toEqual(Array(12).fill(200));
    expect(answers.filter((answer) => answer.body.status === 'stored')).toHaveLength(1);
    expect(await count('events')).toBe(1);
    expect(await count('profiles')).toBe(1);
  });

  it('makes one profile of many first sightings at once, whatever identifiers each brings', async () => {
    const some = [{ id: '1', email: 'a@example.com' }, { email: 'a@example.com' }, { id: '1', cio_id: 'c1' }];
    const webhooks = Array.from({ length: 15 }, (_, n) => click({ eventId: `E${n}`, identifiers: some[n % 3]! }));
    const answers = await Promise.all(webhooks.map((webhook) => turnout.send(webhook)));
    expect(answers.every((answer) => answer.body.status === 'stored')).toBe(true);
    const { rows } = await database.pool.query('SELECT DISTINCT profile_id FROM events');
    // "a@…" alone and "1 c1" alone may each come before anything joins them; merging such profiles is another matter.
    expect(rows.length).toBeLessThanOrEqual(2);
    expect(await count('events')).toBe(15);
  });

  it('accepts either of two keys, so that one can replace the other', async () => {
    expect((await turnout.send(click({ secret: 'old-key' }))).status).toBe(200);
    expect((await turnout.send(click({ secret: 'older-key', eventId: 'X' }))).status).toBe(401);
  });

  it('refuses a forged body with 401 and keeps nothing of it', async () => {
    const forged = click({ secret: 'guess' });
    const answer = await turnout.send(forged);
    expect(answer).toMatchObject({ status: 401, type: expect.stringContaining('application/problem+json') });
    const unsigned = await turnout.send({ ...forged, headers: { 'Content-Type': 'application/json' } });
    expect(unsigned.status).toBe(401);
    expect([await count('events'), await count('dead_letters'), await count('receipts')]).toEqual([0, 0, 0]);
  });

  it('is closed for a source without secrets', async () => {
    const closed = await TestTurnout.start(database, undefined, { SHOPIFY_WEBHOOK_SECRETS: '' });
    expect((await closed.send(shopifyWebhook('orders/create', { secret: '', at: T0 }))).status).toBe(401);
    await closed.stop();
  });

  it('refuses an oversized body with 413, and an unknown source with 404', async () => {
    const large = click({ data: { padding: 'x'.repeat(20_001) } });
    expect((await turnout.send(large)).status).toBe(413);
    expect((await turnout.send({ ...click(), path: '/v1/sources/nobody' })).status).toBe(404);
    expect(await count('dead_letters')).toBe(0);
  });

  it('answers 200 to a signed body that can’t be used, and keeps it whole with the reason', async () => {
    const nobody = click({ identifiers: {} });
    expect((await turnout.send(nobody)).body).toEqual({ status: 'kept_aside', reason: 'no_identifier' });
    expect(await deadLetters()).toMatchObject([
      { source: 'customerio', reason: 'no_identifier', bytes: nobody.body.length },
    ]);
    const { rows } = await database.pool.query<{ body: Buffer }>('SELECT body FROM dead_letters');
    expect(rows[0]!.body.equals(nobody.body)).toBe(true);
    expect(await count('profiles')).toBe(0);
  });

  it('shows what was kept aside page by page, by source and reason, and each with what was sent', async () => {
    const body = Buffer.from('{"event_id": "é"}');
    const bodies = [body, Buffer.from([0xff, 0xfe]), Buffer.from('{bad')];
    for (const one of bodies) {
      const headers = SIGN['customerio']!(one, SIGNING_KEY);
      await turnout.send({ path: '/v1/sources/customerio', headers, body: one });
    }
    const list = '/v1/sources/dead-letters';
    const first = await turnout.must('GET', `${list}?limit=2`);
    expect(first).toMatchObject({
      deadLetters: [
        { reason: 'not_json', bytes: 4 },
        { reason: 'not_json', bytes: 2 },
      ],
    });
    const rest = await turnout.must('GET', `${list}?limit=2&after=${String(first.next)}`);
    expect(rest).toMatchObject({ deadLetters: [{ source: 'customerio', reason: 'wrong_shape' }], next: null });
    expect(await turnout.must('GET', `${list}?reason=wrong_shape&source=customerio`)).toEqual(rest);
    expect(await turnout.must('GET', `${list}?source=shopify`)).toEqual({ deadLetters: [], next: null });
    const [letter] = rest.deadLetters as { id: string }[];
    const [, bytes] = first.deadLetters as { id: string }[];
    expect(await turnout.must('GET', `${list}/${letter!.id}`)).toEqual({
      ...letter,
      encoding: 'utf8',
      body: String(body),
    });
    expect(await turnout.must('GET', `${list}/${bytes!.id}`)).toMatchObject({ encoding: 'base64', body: '//4=' });
    for (const id of ['x', '999']) expect((await turnout.call('GET', `${list}/${id}`)).status).toBe(404);
    expect((await turnout.call('GET', `${list}?resaon=x`)).status).toBe(400);
  });

  it('keeps aside what comes under a known id about somebody else, and only that', async () => {
    const about = (identifiers: Record<string, string>, eventId = 'E1') => click({ eventId, identifiers });
    const somebody = about({ id: '1', email: 'ann@x.io' });
    expect((await turnout.send(somebody)).body).toMatchObject({ status: 'stored' });
    for (const again of [
      somebody,
      about({ id: '1' }),
      about({ id: '1', cio_id: 'new' }),
      about({ email: 'ann@x.io' }),
    ]) {
      expect((await turnout.send(again)).body).toEqual({ status: 'duplicate' });
    }
    await turnout.send(about({ id: '2' }, 'E2'));
    for (const other of [about({ id: '2' }), about({ email: 'nobody@x.io' })]) {
      expect((await turnout.send(other)).body).toEqual({ status: 'kept_aside', reason: 'conflicting_person' });
    }
    const together = await Promise.all(
      [about({ id: '3' }, 'E3'), about({ id: '4' }, 'E3')].map((one) => turnout.send(one)),
    );
    expect(together.map((one) => one.body.status).sort()).toEqual(['kept_aside', 'stored']);
    expect(await deadLetters()).toMatchObject(Array(3).fill({ reason: 'conflicting_person' }));
    expect(await count('events')).toBe(3);
  });

  it('lets the first body of an id stand, and keeps the contradicting one aside', async () => {
    const first = click({ eventId: 'E1', href: 'https://shop.example/a', identifiers: { id: '1' } });
    const other = click({ eventId: 'E1', href: 'https://shop.example/b', identifiers: { id: '2' } });
    await turnout.send(first);
    expect((await turnout.send(other)).body).toEqual({ status: 'kept_aside', reason: 'conflicting_duplicate' });
    expect(await deadLetters()).toMatchObject([{ reason: 'conflicting_duplicate' }]);
    const { rows } = await database.pool.query<{ href: string }>(`SELECT properties ->> 'href' AS href FROM events`);
    expect(rows).toEqual([{ href: 'https://shop.example/a' }]);
    expect(await count('profiles')).toBe(1);
  });

  it('sets aside what is older than events are kept, and takes the time of receipt for what is too far ahead', async () => {
    expect((await turnout.send(click({ at: T0 - 400 * DAY - 1_000 }))).body.reason).toBe('older_than_retention');
    await turnout.send(click({ at: T0 + 301_000 }));
    const { rows } = await database.pool.query('SELECT occurred_at, is_time_corrected FROM events');
    expect(rows).toEqual([{ occurred_at: new Date(T0), is_time_corrected: true }]);
  });

  it('recognises a buyer by email, and does not take a stranger with a shared address for somebody known', async () => {
    await turnout.send(click({ identifiers: { id: '1', email: 'Ada@Example.com' } }));
    await turnout.send(shopifyWebhook('orders/create', { secret: SHOPIFY_SECRET, at: T0, email: 'ada@example.com' }));
    await turnout.send(click({ eventId: 'S', identifiers: { id: '2', email: 'ada@example.com' } }));
    const { rows } = await database.pool.query<{ names: string[] }>(
      'SELECT array_agg(name ORDER BY name) AS names FROM events GROUP BY profile_id ORDER BY profile_id',
    );
    expect(rows.map((row) => row.names)).toEqual([['click', 'purchase'], ['click']]);
  });

  it('never lets an unusable byte sequence through as an error', async () => {
    const bodies = [
      '',
      'null',
      '[]',
      '{"a":',
      '"\ud800"',
      '{"event_id":"\u0000"}',
      '\u0000\u0001',
      '{"__proto__":{"x":1}}',
    ];
    for (const text of bodies) {
      const body = Buffer.from(text);
      const { createHmac } = await import('node:crypto');
      const signature = createHmac('sha256', SIGNING_KEY).update('v0:1:').update(body).digest('hex');
      const headers = { 'X-CIO-Timestamp': '1', 'X-CIO-Signature': signature };
      const answer = await turnout.send({ path: '/v1/sources/customerio', headers, body });
      expect([text, answer.status, answer.body.status]).toEqual([text, 200, 'kept_aside']);
    }
    expect(await count('dead_letters')).toBe(bodies.length);
  });
});
