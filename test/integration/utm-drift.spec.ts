import { DAY, HOUR, T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { SHOPIFY_SECRET, SIGNING_KEY, TestTurnout, type JsonObject } from '../support/turnout.js';
import { visit } from '../support/visits.js';
import { customerioWebhook, shopifyWebhook } from '../support/webhooks.js';

const SCHEMA = {
  hosts: ['shop.example'],
  keys: {
    utm_source: { required: true, allowed: ['customerio'] },
    utm_medium: { required: true, allowed: ['email'] },
    utm_campaign: { required: true, pattern: '{words}' },
  },
};
const utm = (campaign: string, source = 'customerio') =>
  `https://shop.example/p?email=ada@shop.example&utm_source=${source}&utm_medium=email&utm_campaign=${campaign}`;

describe('the drift report', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0 + 20 * DAY);
    turnout = await TestTurnout.start(database);
  });

  afterEach(async () => {
    await turnout.stop();
    await database.drop();
  });

  const click = async (at: number, href: string) => {
    const answer = await turnout.send(customerioWebhook({ secret: SIGNING_KEY, at, href }));
    expect(answer.status).toBe(200);
  };
  const iso = (at: number) => new Date(at).toISOString();
  const report = (from: number, to: number) => turnout.must('GET', `/v1/utm/drift?from=${iso(from)}&to=${iso(to)}`);
  const told = ({ findings }: JsonObject) =>
    (findings as JsonObject[]).map(
      ({ kind, value, clicks, suggestion }) => [kind, value, clicks, suggestion] as unknown[],
    );

  it('counts what differs in the links that were clicked, with a suggestion, and shows nobody', async () => {
    await turnout.must('PUT', '/v1/utm/schema', { schema: SCHEMA, validFrom: iso(T0) });
    const links = [
      utm('summer'),
      utm('summer', 'Customerio'),
      utm('Summer_Sale'),
      utm('x', 'klaviyo'),
      utm('x', 'klaviyo'),
    ];
    for (const [index, href] of [...links, 'https://shop.example/', 'https://other.example/'].entries())
      await click(T0 + index * HOUR, href);
    const found = await report(T0, T0 + DAY);
    expect(found).toMatchObject({ clicks: 7, notJudged: 1, wrong: 5, versions: [1], isComplete: true });
    expect(told(found)).toEqual([
      ['foreign-tool', 'klaviyo', 2, null],
      ['case', 'Customerio', 1, 'customerio'],
      ['case', 'Summer_Sale', 1, 'summer_sale'],
      ['missing', null, 1, 'customerio'],
      ['missing', null, 1, 'email'],
      ['missing', null, 1, null],
    ]);
    const [foreign] = found['findings'] as JsonObject[];
    expect(foreign).toMatchObject({
      firstAt: iso(T0 + 3 * HOUR),
      lastAt: iso(T0 + 4 * HOUR),
      channels: ['email'],
      examples: [{ message: 'campaign_id:7' }],
    });
    expect(JSON.stringify(found)).not.toContain('ada@');
  });

  it('counts a click from its first instant to just before the end', async () => {
    await turnout.must('PUT', '/v1/utm/schema', { schema: SCHEMA, validFrom: iso(T0) });
    await click(T0 + DAY, utm('summer', 'x'));
    for (const [from, to, clicks] of [
      [T0 + DAY, T0 + 2 * DAY, 1],
      [T0 + DAY + 1, T0 + 2 * DAY, 0],
      [T0, T0 + DAY, 0],
      [T0, T0 + DAY + 1, 1],
    ] as const) {
      expect(await report(from, to)).toMatchObject({ clicks });
    }
  });

  it('judges each click by the schema of its instant', async () => {
    await turnout.must('PUT', '/v1/utm/schema', { schema: SCHEMA, validFrom: iso(T0) });
    for (const at of [T0 - 1_000, T0, T0 + 1_000]) await click(at, utm('x', 'other'));
    expect(await report(T0 - DAY, T0 + DAY)).toMatchObject({ clicks: 3, notJudged: 1, wrong: 2 });
  });

  it('tells when the form of campaigns changes, and not when it does not', async () => {
    await turnout.must('PUT', '/v1/utm/schema', { schema: SCHEMA, validFrom: iso(T0) });
    for (let index = 0; index < 20; index++) await click(T0 + index * HOUR, utm(`sale_${'abc'[index % 3]}`));
    for (let index = 0; index < 20; index++)
      await click(T0 + DAY + index * HOUR, utm(index < 15 ? 'sale' : 'sale-2026'));
    const changed = await report(T0 + DAY, T0 + 2 * DAY);
    expect(changed['campaigns']).toMatchObject({
      hasChanged: true,
      shapes: [
        { shape: 'words', before: 20, after: 15, shareBefore: 1, shareAfter: 0.75 },
        { shape: 'words-9999', before: 0, after: 5, shareAfter: 0.25, firstAt: iso(T0 + DAY + 15 * HOUR) },
      ],
    });
    expect(told(changed)[0]).toEqual(['format-changed', 'sale-2026', 5, null]);
    expect((await report(T0, T0 + DAY))['campaigns']).toMatchObject({ hasChanged: false });
  });

  it('is a table, too; and refuses spans that are too long or end before they begin', async () => {
    await turnout.must('PUT', '/v1/utm/schema', { schema: SCHEMA, validFrom: iso(T0) });
    await click(T0, utm('summer', 'x'));
    const path = `/v1/utm/drift?format=csv&from=${iso(T0)}&to=${iso(T0 + DAY)}`;
    const response = await fetch(turnout.url + path, { headers: { authorization: turnout.authorization } });
    expect((await response.text()).split('\r\n')).toMatchObject(
      [/^kind,/, /^unknown-value,error,utm_source,x,1,/, ''].map((one) => expect.stringMatching(one) as string),
    );
    for (const to of [T0, T0 + 32 * DAY]) {
      const refused = await turnout.call('GET', `/v1/utm/drift?from=${iso(T0)}&to=${iso(to)}`);
      expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer: '/from' }] } });
    }
    expect(await turnout.must('GET', '/v1/utm/ga4-mapping')).toMatchObject({ rules: [] });
  });

  describe('of tracked links', () => {
    const ADA = { id: '4711', email: 'ada@shop.example' };
    const MINUTE = 60_000;
    const T1 = T0 + 20 * DAY;
    const links = async () => (await report(T1, T1 + 19 * DAY))['links'] as JsonObject;

    const declare = async (more: object = {}) => {
      const link = await turnout.must('POST', '/v1/links', {
        ...{ cta: 'cart', destination: 'https://shop.example/cart', channel: 'email', message: { campaign_id: 7 } },
        ...{ utm: { utm_source: 'customerio', utm_medium: 'email', utm_campaign: 'spring' } },
        ...{ profile: { customer_id: ADA.id }, ...more },
      });
      return link as { id: string; url: string; shortUrl: string };
    };
    const follow = async (link: string, at: number) => {
      await database.setClock(at);
      expect((await visit(turnout.url, link)).status).toBe(302);
      await turnout.settle();
    };
    const page = async (at: number, path: string, campaign: object) => {
      await database.setClock(at);
      const timestamp = new Date(at).toISOString();
      const call = { userId: ADA.id, timestamp, properties: { path }, context: { campaign } };
      await turnout.must('POST', '/v1/page', call);
    };

    beforeEach(async () => {
      await turnout.must('PUT', '/v1/link-domains/go.shop.example', { allowedHosts: ['shop.example'] });
      await turnout.must('PUT', '/v1/ctas/cart', { kind: 'cart', patterns: [{ host: 'shop.example' }] });
      await turnout.send(
        customerioWebhook({ secret: SIGNING_KEY, at: T1 - DAY, metric: 'delivered', identifiers: ADA }),
      );
    });

    it('tells with what they were sent, and with what visits came', async () => {
      const { id, url } = await declare();
      await follow(url, T1);
      await page(T1 + MINUTE, '/', {});
      await page(T1 + 2 * MINUTE, '/cart', { source: 'CustomerIO', medium: 'email', id: '42' });
      await page(T1 + 3 * MINUTE, '/cart', { source: 'later' });
      // Nothing is known of a visit, or it began later than one does.
      await follow(url, T1 + DAY);
      await page(T1 + DAY + 30 * MINUTE, '/cart', {});
      expect(await links()).toMatchObject({ compared: 1, differing: 1, isComplete: true });
      const found = (await links())['findings'] as JsonObject[];
      expect(found.map(({ kind, key, sent, came, clicks }) => [kind, key, sent, came, clicks])).toEqual([
        ['lost', 'utm_campaign', 'spring', null, 1],
        ['appended', 'utm_id', null, '42', 1],
        ['case', 'utm_source', 'customerio', 'CustomerIO', 1],
      ]);
      expect(found[0]).toMatchObject({
        ...{ link: id, cta: 'cart', channel: 'email', message: 'campaign_id:7', page: 'https://shop.example/cart' },
        ...{ seenIn: 'visit', firstAt: iso(T1), lastAt: iso(T1), template: null },
      });
      await turnout.must('PUT', '/v1/utm/schema', { schema: { ...SCHEMA, appended: ['utm_id'] }, validFrom: iso(T1) });
      expect((await links())['findings']).toHaveLength(2);
    });

    it('tells what the sending tool writes into their addresses, short ones included', async () => {
      const { url, shortUrl } = await declare({ short: true });
      await click(T1, `${url}?utm_source=customer.io&utm_medium=email`);
      await click(T1 + 1_000, `${shortUrl}?utm_source=customer.io`);
      await click(T1 + 2_000, `${url}?utm_campaign=spring`);
      await click(T1 + 3_000, 'https://go.shop.example/l/none?utm_source=x');
      expect(await links()).toMatchObject({
        ...{ compared: 3, differing: 2 },
        findings: [{ kind: 'overwritten', seenIn: 'click', sent: 'customerio', came: 'customer.io', clicks: 2 }],
      });
    });

    it('judges by the schema the addresses that they lead to, not their own', async () => {
      const { url, shortUrl } = await declare({ short: true });
      const wrong = await declare({ utm: { utm_source: 'other', utm_medium: 'email', utm_campaign: 'spring' } });
      const { hosts: _, ...everywhere } = SCHEMA;
      await turnout.must('PUT', '/v1/utm/schema', { schema: everywhere, validFrom: iso(T1) });
      for (const [index, href] of [url, `${shortUrl}?utm_source=x`, wrong.url].entries()) await click(T1 + index, href);
      const found = await report(T1, T1 + DAY);
      expect(found).toMatchObject({ clicks: 3, notJudged: 0, wrong: 1 });
      expect(told(found)).toEqual([['unknown-value', 'other', 1, null]]);
    });

    it('is a table of its own, and holds for orders of Shopify', async () => {
      await follow((await declare()).url, T1);
      await database.setClock(T1 + MINUTE);
      const payload = { landing_site: '/cart?utm_source=other&utm_medium=email&utm_campaign=spring' };
      const order = { secret: SHOPIFY_SECRET, at: T1 + MINUTE, email: ADA.email, payload };
      expect((await turnout.send(shopifyWebhook('orders/create', order))).status).toBe(200);
      const path = `/v1/utm/drift?format=csv&part=links&from=${iso(T1)}&to=${iso(T1 + DAY)}`;
      const response = await fetch(turnout.url + path, { headers: { authorization: turnout.authorization } });
      const [header, line] = (await response.text()).split('\r\n');
      expect(header).toMatch(/^kind,seen_in,link,cta,/);
      expect(line).toMatch(
        /^overwritten,visit,[\w-]+,cart,,email,campaign_id:7,https:\/\/shop.example\/cart,utm_source,customerio,other,1,/,
      );
    });
  });
});
