import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { DAY, T0 } from '../support/builders.js';
import { SHOPIFY_SECRET, TestTurnout, type JsonObject } from '../support/turnout.js';
import { shopifyWebhook } from '../support/webhooks.js';

describe('POST /v1/imports', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;
  let authorization: string;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database);
    const { key } = await turnout.must('POST', '/v1/api-keys', { name: 'importer', scopes: ['ingest'] });
    authorization = `Bearer ${key}`;
  });

  afterEach(async () => {
    await turnout.stop();
    await database.drop();
  });

  async function send(
    query: string,
    body: string | Uint8Array<ArrayBuffer>,
  ): Promise<{ status: number; body: JsonObject }> {
    const init = { method: 'POST', headers: { authorization }, body, duplex: 'half' };
    const response = await fetch(`${turnout.url}/v1/imports?${query}`, init as RequestInit);
    return { status: response.status, body: (await response.json()) as JsonObject };
  }

  async function events(): Promise<JsonObject[]> {
    const { rows } = await database.pool.query<JsonObject>(
      'SELECT name, source, occurred_at, properties, profile_id FROM events ORDER BY occurred_at, name',
    );
    return rows;
  }

  const line = (n: number, more: object = {}) =>
    JSON.stringify({
      id: `e${n}`,
      name: 'click',
      occurredAt: new Date(T0 - DAY + n * 1_000).toISOString(),
      identifiers: { customer_id: `c${n % 3}` },
      properties: { utm_content: 'hero', n },
      ...more,
    });
  const lines = (...numbers: number[]) => numbers.map((n) => `${line(n)}\n`).join('');

  it('stores our own form of events, each once, however often a file comes', async () => {
    const first = await send('id=a', lines(1, 2, 3));
    expect(first).toMatchObject({ status: 200, body: { id: 'a', state: 'done', lines: 3, stored: 3, duplicates: 0 } });
    expect(await send('id=b', lines(2, 3, 4))).toMatchObject({ body: { lines: 3, stored: 1, duplicates: 2 } });
    const stored = await events();
    expect(stored.map((event) => event.properties.n)).toEqual([1, 2, 3, 4]);
    expect(stored[0]).toMatchObject({ name: 'click', source: 'import', occurred_at: new Date(T0 - DAY + 1_000) });
    expect(new Set(stored.map((event) => event.profile_id)).size).toBe(3);
  });

  it('sets bad lines aside with their number, the reason and what would be right, and goes on', async () => {
    const file = [
      line(1),
      'not json',
      '',
      line(4, { occurredAt: 'yesterday' }),
      line(5, { identifiers: { email: 'no address' } }),
      line(6, { occurredAt: new Date(T0 - 401 * DAY).toISOString() }),
      JSON.stringify({ id: 'x' }),
      `"${'x'.repeat(300_000)}"`,
      line(1, { properties: { other: true } }),
      line(10),
    ].join('\n');
    const { body } = await send('id=bad', file);
    expect(body).toMatchObject({ lines: 10, stored: 2, setAside: 7, tooOld: 1, state: 'done' });
    const { badLines, next } = await turnout.must('GET', '/v1/imports/bad/bad-lines');
    expect(badLines).toEqual([
      { line: 2, reason: 'not_json', problem: 'the line: expected a JSON object in UTF-8' },
      { line: 4, reason: 'bad_timestamp', problem: expect.stringMatching(/^occurredAt: expected a date with time/) },
      {
        line: 5,
        reason: 'no_identifier',
        problem: expect.stringMatching(/^identifiers: expected one or more of cust/),
      },
      { line: 6, reason: 'older_than_retention', problem: expect.any(String) },
      { line: 7, reason: 'wrong_shape', problem: expect.stringMatching(/^name: expected/) },
      { line: 8, reason: 'too_long', problem: 'the line: expected at most 262144 bytes' },
      { line: 9, reason: 'conflicting_duplicate', problem: expect.any(String) },
    ]);
    expect(next).toBeNull();
    const page = await turnout.must('GET', '/v1/imports/bad/bad-lines?after=4&limit=2');
    expect(page).toMatchObject({ badLines: [{ line: 5 }, { line: 6 }], next: 6 });
  });

  it('goes on after the last line that was committed when it was cut off', async () => {
    const whole = Buffer.from(lines(...Array.from({ length: 1_203 }, (_, n) => n)));
    const abort = new AbortController();
    const halved = new ReadableStream({
      start(controller) {
        controller.enqueue(whole.subarray(0, Math.floor(whole.length * 0.9)));
      },
    });
    const cut = fetch(`${turnout.url}/v1/imports?id=cut`, {
      method: 'POST',
      headers: { authorization },
      body: halved,
      duplex: 'half',
      signal: abort.signal,
    });
    cut.catch(() => undefined);
    let progress: JsonObject = {};
    for (let tries = 0; tries < 500 && !(progress.lines >= 500); tries++) {
      progress = (await turnout.call('GET', '/v1/imports/cut')).body;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(progress).toMatchObject({ state: 'running', setAside: 0 });
    abort.abort();
    for (let tries = 0; tries < 500 && progress.state === 'running'; tries++) {
      progress = (await turnout.call('GET', '/v1/imports/cut')).body;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(progress.state).toBe('interrupted');
    expect(
      whole
        .subarray(0, progress.bytes as number)
        .toString()
        .split('\n'),
    ).toHaveLength((progress.lines as number) + 1);

    // From where it was left off, or whole: both go on.
    const beyond = await send(`id=cut&from=${whole.length}`, new Uint8Array());
    expect(beyond).toMatchObject({ status: 409, body: { detail: expect.stringContaining(`byte ${progress.bytes}`) } });
    const rest = await send(`id=cut&from=${progress.bytes}`, new Uint8Array(whole.subarray(progress.bytes as number)));
    expect(rest.body).toMatchObject({ state: 'done', lines: 1_203, stored: 1_203, duplicates: 0, size: whole.length });
    expect(await events()).toHaveLength(1_203);
    expect((await send('id=cut', new Uint8Array(whole))).body).toEqual(rest.body);
    expect(await send('id=cut&mapping=customerio-metrics', 'x')).toMatchObject({ status: 409 });
  });

  it('reads orders of Shopify as their webhooks would tell them, so that an order in both counts once', async () => {
    const shop = 'coffee-shop.myshopify.com';
    const webhook = shopifyWebhook('orders/create', { secret: SHOPIFY_SECRET, at: T0 - 2 * DAY, orderId: 101 });
    expect((await turnout.send(webhook)).body).toMatchObject({ status: 'stored' });
    const header =
      'Name,Email,Financial Status,Paid at,Currency,Subtotal,Total,Discount Code,Discount Amount,Created at,' +
      'Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Notes,Note Attributes,Cancelled at,Refunded Amount,Id,Phone';
    const file = [
      header,
      '#101,ann@example.com,paid,2026-02-27 01:00:00 +0100,EUR,9.00,10.00,,0.00,2026-02-27 01:00:00 +0100,1,Tea,9.00,TEA,,,,0.00,101,',
      '#102,bo@example.com,refunded,2026-02-27 09:50:26 +0200,EUR,50.00,53.91,WELCOME10,110.59,2026-02-27 09:50:26 +0200,2,"Mug, ""big""',
      '(blue)",12.00,MUG,"Ring',
      'twice","offer: bundle',
      'gift_email: x@example.com",,53.91,102,\'+33610826417',
      '#102,,,,,,,,,2026-02-27 09:50:26 +0200,1,Tea,26.00,TEA,,,,,,',
      '#103,cy@example.com,pending,,EUR,1.00,1.00,,0.00,2026-02-28 10:00:00 +0100,1,Tea,1.00,TEA,,,2026-02-28 11:00:00 +0100,0.00,103,',
      '#104,di@example.com,paid,,EUR,1,0,one,EUR,,0.00,2026-02-28 10:00:00 +0100',
    ].join('\r\n');
    const { body } = await send(`id=orders&mapping=shopify-orders&shop=${shop}&until=2026-02-28T12:00:00Z`, file);
    expect(body).toMatchObject({ source: 'shopify', lines: 9, duplicates: 1, setAside: 1, stored: 6 });
    const bad = await turnout.must('GET', '/v1/imports/orders/bad-lines');
    expect(bad.badLines).toEqual([
      { line: 9, reason: 'wrong_shape', problem: 'the line has 12 fields: expected 20, as the header has' },
    ]);
    const stored = await events();
    const of = (order: string) =>
      stored.filter((event) => event.properties.order_id === order).map((event) => event.name);
    expect(of('101')).toEqual(expect.arrayContaining(['order_paid', 'purchase']));
    expect(of('102').sort()).toEqual(['order_paid', 'order_refunded', 'purchase']);
    expect(of('103').sort()).toEqual(['order_cancelled', 'purchase']);
    const mugs = stored.find((event) => event.properties.order_id === '102' && event.name === 'purchase')!;
    expect(mugs.occurred_at).toEqual(new Date('2026-02-27T07:50:26Z'));
    expect(mugs.properties).toMatchObject({
      revenue: '53.91',
      discount_codes: ['WELCOME10'],
      skus: ['MUG', 'TEA'],
      item_count: 3,
      note_attributes: { offer: 'bundle' },
    });
    const seen = await turnout.must('GET', '/v1/sources');
    const shopify = (seen.sources as JsonObject[]).find((one) => one.source === 'shopify')!;
    expect(shopify.events).toBe(1); // what is imported is not live
  });

  it("reads Customer.io's metrics and deliveries, under names that a file has for itself", async () => {
    const metrics = [
      'event_id;delivery_id;metric;created_at;customer.id;Address;link_url;campaign_id;machine',
      'M1;d1;delivered;1772150400;7;ann@example.com;;12;',
      'M2;d1;clicked;1772150460;7;ann@example.com;https://shop.example/cart?utm_content=hero;12;true',
    ].join('\n');
    const read = await send('mapping=customerio-metrics&map=email:Address', metrics);
    expect(read.body).toMatchObject({ stored: 2, setAside: 0 });
    const stored = await events();
    expect(stored.map((event) => event.name)).toEqual(['email_delivered', 'click']);
    expect(stored[1]).toMatchObject({
      source: 'customerio',
      properties: { campaign_id: 12, delivery_id: 'd1', utm_content: 'hero', actor_class: 'machine', channel: 'email' },
    });

    const deliveries = [
      'delivery_id,type,recipient,campaign_id,created,sent,delivered,opened,clicked',
      'd2,email,bo@example.com,12,1772150400,1772150401,1772150402,,1772150500',
      'd3,email,cy@example.com,12,1772150400,,,,',
    ].join('\n');
    const more = await send('mapping=customerio-deliveries', deliveries);
    expect(more.body).toMatchObject({ stored: 3, skipped: 1, eventNames: ['click', 'email_delivered', 'email_sent'] });
  });

  it('declares the history complete at the end if asked to, and if no line was left out', async () => {
    const asked = `completeSince=${encodeURIComponent('2025-06-01T00:00:00Z')}`;
    const broken = await send(`id=broken&${asked}`, `${lines(1)}oops\n`);
    expect(broken.body).toMatchObject({ state: 'done', setAside: 1, declaredNames: null });
    const whole = await send(`id=whole&${asked}`, lines(1, 2));
    expect(whole.body).toMatchObject({ state: 'done', declaredNames: ['click'] });
    const start = async () => (await database.pool.query('SELECT starts_at FROM event_histories')).rows as unknown;
    expect(await start()).toEqual([{ starts_at: new Date('2025-06-01T00:00:00Z') }]);
    await send('id=recent&completeSince=2026-02-01', lines(1, 3));
    expect(await start()).toEqual([{ starts_at: new Date('2025-06-01T00:00:00Z') }]);
  });

  it('says that a file is not in UTF-8, instead of naming no columns', async () => {
    const file = Buffer.from('\ufeffid,name,occurredAt\n', 'utf16le');
    const { status, body } = await send('id=excel&format=csv', new Uint8Array(file));
    expect([status, body.detail]).toEqual([400, expect.stringMatching(/no header of a CSV in UTF-8\.$/)]);
  });

  it('leaves nothing of a file that is none for the mapping, so that its id can be used for another', async () => {
    const csv = 'id,name,occurredAt,identifiers.customer_id\n1,click,2026-02-01T09:30:00Z,42\n';
    const wrong = await send('id=mistaken&mapping=shopify-orders&shop=a.myshopify.com', csv);
    expect([wrong.status, wrong.body.detail]).toEqual([400, expect.stringContaining('no file for the mapping')]);
    expect((await turnout.call('GET', '/v1/imports/mistaken')).status).toBe(404);
    expect((await send('id=mistaken&format=csv', csv)).body).toMatchObject({ state: 'done', stored: 1 });
  });

  it('refuses another file under the id of one that is done', async () => {
    await send('id=week', lines(1));
    expect((await send('id=week', lines(1))).status).toBe(200);
    expect((await send('id=week', lines(1, 2))).body.detail).toContain('send it under another id');
    const other = await send('id=week', lines(2)); // of the same size
    expect([other.status, other.body.detail]).toEqual([409, expect.stringContaining('another file')]);
  });

  it('is gone on with by its own file alone, and another one leaves no trace', async () => {
    const halves = [lines(1, 2), lines(3, 4)];
    const size = halves.join('').length;
    const until = async (isSo: (half: JsonObject) => boolean): Promise<void> => {
      for (let tries = 0; tries < 1_000; tries++) {
        if (isSo((await turnout.call('GET', '/v1/imports/half')).body)) return;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    };
    const cutOff = async (body: string): Promise<void> => {
      const stream = new ReadableStream({
        start(controller) {
          controller.enqueue(Buffer.from(body));
          void until(({ lines: read }) => read === 2).then(() => controller.error(new Error('cut off')));
        },
      });
      const init = {
        method: 'POST',
        headers: { authorization, 'content-length': String(size) },
        body: stream,
        duplex: 'half',
      };
      await fetch(`${turnout.url}/v1/imports?id=half`, init as RequestInit).catch(() => undefined);
      await until(({ state }) => state === 'interrupted');
    };
    await cutOff(halves[0]!);
    const before = await turnout.must('GET', '/v1/imports/half');
    expect(before).toMatchObject({ state: 'interrupted', lines: 2, size });
    const longer = await send('id=half', lines(7, 8, 9, 10, 11));
    expect([longer.status, longer.body.detail]).toEqual([
      409,
      expect.stringContaining(`has begun with a file of ${size}`),
    ]);
    expect(await turnout.must('GET', '/v1/imports/half')).toEqual(before);
    const other = await send('id=half', lines(5, 6, 7, 8));
    expect([other.status, other.body.detail]).toEqual([409, expect.stringContaining('another file')]);
    expect(await events()).toHaveLength(2);
    expect((await send('id=half', halves.join(''))).body).toMatchObject({ state: 'done', lines: 4, stored: 4 });
    expect((await events()).map((one) => one.properties.n)).toEqual([1, 2, 3, 4]);
  });

  it('is not begun by a request that is refused', async () => {
    const beyond = await send('id=early&from=5', lines(1));
    expect([beyond.status, beyond.body.detail]).toEqual([409, expect.stringContaining('byte 0')]);
    expect((await turnout.must('GET', '/v1/imports')).imports).toEqual([]);
    expect((await send('id=early&format=csv', 'oops')).status).toBe(400);
    const csv = 'id,name,occurredAt,identifiers.customer_id\n1,click,2026-02-01T09:30:00Z,42\n';
    expect((await send('id=early&format=csv', csv)).body).toMatchObject({ state: 'done', stored: 1 });
  });

  it('lets the history of what was imported be declared by hand', async () => {
    await send('id=broken&source=old-crm&completeSince=2025-06-01', `${lines(1)}oops\n`);
    const declared = { startsAt: '2025-06-01T00:00:00Z' };
    expect(await turnout.must('PUT', '/v1/sources/old-crm/history', declared)).toMatchObject({ eventNames: ['click'] });
    expect(await turnout.call('PUT', '/v1/sources/other/history', declared)).toMatchObject({ status: 404 });
  });

  it('refuses, with everything that is wrong, what can not begin', async () => {
    expect(await send('mapping=shopify-orders&map=colour:Farbe&id=a', 'x')).toMatchObject({
      status: 400,
      body: {
        errors: [{ pointer: '/map', expected: expect.stringContaining('refundedAmount') }, { pointer: '/shop' }],
      },
    });
    expect(await send('mapping=customerio-metrics&id=b', 'a,b\n1,2\n')).toMatchObject({
      status: 400,
      body: {
        detail: expect.stringContaining('"a", "b"'),
        errors: [
          { expected: 'a column "event_id", or its name in this file as in map=id:…' },
          { expected: expect.stringContaining('"metric"') },
          { expected: expect.stringContaining('"created_at"') },
        ],
      },
    });
    expect((await send('mapping=nonsense&until=now', 'x')).status).toBe(400);
    expect((await send('until=2026-W01-1', 'x')).status).toBe(400);
    expect((await turnout.call('GET', '/v1/imports/unknown')).status).toBe(404);
    expect((await fetch(`${turnout.url}/v1/imports`, { method: 'POST', body: 'x' })).status).toBe(401);
    const decide = await turnout.must('POST', '/v1/api-keys', { name: 'decider', scopes: ['decide'] });
    authorization = `Bearer ${decide.key}`;
    expect(await send('', 'x')).toMatchObject({
      status: 403,
      body: { detail: expect.stringContaining('"ingest" or') },
    });
  });
});
