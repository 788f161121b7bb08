import { DAY, T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { TestTurnout, type JsonObject } from '../support/turnout.js';
import { visit } from '../support/visits.js';

const DOMAIN = 'go.example.com';
const CART = 'https://shop.example.com/cart';

describe('tracked links', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database);
    const allowedHosts = ['shop.example.com', '*.shop.example.com'];
    await turnout.must('PUT', `/v1/link-domains/${DOMAIN}`, { allowedHosts, sendingDomain: 'mail.example.com' });
    await turnout.must('PUT', '/v1/ctas/cart', { kind: 'cart', patterns: [{ host: 'shop.example.com' }] });
  });

  afterEach(async () => {
    await turnout.stop();
    await database.drop();
  });

  const declare = (more: object = {}) => turnout.must('POST', '/v1/links', { cta: 'cart', destination: CART, ...more });
  const follow = (link: unknown) => visit(turnout.url, String(link));

  async function problemsOf(body: unknown): Promise<JsonObject[]> {
    const { status, body: answer } = await turnout.call('POST', '/v1/links', body);
    expect(status).toBe(400);
    return (answer as { errors: JsonObject[] }).errors;
  }

  describe('their domains', () => {
    it('show whether they go with the domain that messages are sent from', async () => {
      const { alignment } = await turnout.must('GET', `/v1/link-domains/${DOMAIN}`);
      expect(alignment).toEqual({
        organisationalDomain: 'example.com',
        sendingOrganisationalDomain: 'example.com',
        isAligned: true,
      });
      const put = (host: string, sendingDomain?: string) =>
        turnout.must('PUT', `/v1/link-domains/${host}`, { allowedHosts: ['shop.example.com'], sendingDomain });
      expect((await put('links.example.co.uk', 'other.co.uk')).alignment).toMatchObject({ isAligned: false });
      expect((await put('links.example.co.uk', 'mail.example.co.uk')).alignment).toMatchObject({ isAligned: true });
      expect((await put('links.example.co.uk')).alignment).toBeNull();
      const { domains } = await turnout.must('GET', '/v1/link-domains');
      expect(domains).toHaveLength(2);
    });

    it('are refused with everything that is wrong about them', async () => {
      const { status, body } = await turnout.call('PUT', '/v1/link-domains/Go.example.com', {
        allowedHosts: ['*.co.uk', 'https://shop.example.com', '127.0.0.1', '*.myshopify.com', 'shop.example.com'],
        sendingDomain: 'mail example',
      });
      expect(status).toBe(400);
      expect((body.errors as JsonObject[]).map((one) => one.pointer as string)).toEqual([
        ...['', '/allowedHosts/0', '/allowedHosts/1', '/allowedHosts/2', '/allowedHosts/3', '/sendingDomain'],
      ]);
    });

    it('are kept while they have links', async () => {
      await declare();
      expect((await turnout.call('DELETE', `/v1/link-domains/${DOMAIN}`)).status).toBe(409);
      await turnout.must('PUT', '/v1/link-domains/old.example.com', { allowedHosts: ['shop.example.com'] });
      expect((await turnout.call('DELETE', '/v1/link-domains/old.example.com')).status).toBe(204);
      expect(
        (await turnout.call('PUT', '/v1/link-domains/shop.example.com', { allowedHosts: ['a.example.com'] })).status,
      ).toBe(409);
    });
  });

  describe('are declared', () => {
    it('once: the same declaration gives the same link, in whatever order it stands', async () => {
      const utm = { utm_source: 'cio', utm_medium: 'email' };
      const first = await declare({ utm, channel: 'email', message: { campaign_id: 7, action_id: 2 } });
      const again = await turnout.must('POST', '/v1/links', {
        ...{ message: { action_id: 2, campaign_id: 7 }, channel: 'email', domain: DOMAIN },
        ...{ utm: { utm_medium: 'email', utm_source: 'cio' }, destination: CART, cta: 'cart' },
      });
      expect(again).toEqual(first);
      expect((await declare({ utm, channel: 'sms' })).id).not.toBe(first.id);
    });

    it('by the thousand, in order, and the same one twice is one', async () => {
      const links = Array.from({ length: 1000 }, (_, index) => ({
        cta: 'cart',
        destination: `${CART}?n=${index % 999}`,
      }));
      const { links: made } = (await turnout.must('POST', '/v1/links', { links })) as { links: JsonObject[] };
      expect(made.map((one) => one.destination as string)).toEqual(links.map((one) => one.destination));
      expect(made[999]).toEqual(made[0]);
      const errors = await problemsOf({ links: [...links, links[0]] });
      expect(errors).toMatchObject([{ pointer: '/links' }]);
    });

    it('all or none, with every problem and where it is', async () => {
      const errors = await problemsOf({
        links: [
          { cta: 'cart', destination: CART },
          { cta: 'nothing', destination: 'http://shop.example.com/', domain: 'other.example.com' },
          { cta: 'cart', destination: 'https://evil.example/', utm: { utm_sauce: 'a', utm_source: 'a@b.c' } },
          { cta: 'cart', destination: CART, expiresAt: '2020-01-01T00:00:00Z', deliveryId: 'd1' },
          { cta: 'cart', destination: CART, profile: { customer_id: 'nobody' } },
        ],
      });
      expect(errors.map((one) => one.pointer as string)).toEqual([
        ...['/links/1/domain', '/links/1/cta', '/links/2/destination', '/links/2/utm/utm_sauce'],
        ...['/links/2/utm/utm_source', '/links/3/expiresAt', '/links/3/deliveryId', '/links/4/profile'],
      ]);
      expect((await turnout.must('GET', '/v1/links')).links).toEqual([]);
    });

    it('of a domain that is named, where there are several', async () => {
      await turnout.must('PUT', '/v1/link-domains/other.example.com', { allowedHosts: ['shop.example.com'] });
      const several = 'there are several link domains, and none is named';
      expect(await problemsOf({ cta: 'cart', destination: CART })).toMatchObject([
        { pointer: '/domain', detail: several, expected: `one of ${DOMAIN}, other.example.com` },
      ]);
      expect(await problemsOf({ cta: 'cart', destination: CART, domain: 'no.example.com' })).toMatchObject([
        { pointer: '/domain', detail: 'there is no link domain "no.example.com"' },
      ]);
    });

    it('only for a CTA that the catalogue finds in them', async () => {
      await turnout.must('PUT', '/v1/ctas/bundle', { patterns: [{ host: 'shop.example.com', path: '/bundle' }] });
      const errors = await problemsOf({ cta: 'cart', destination: 'https://shop.example.com/bundle' });
      expect(errors).toMatchObject([{ pointer: '/cta', detail: 'the catalogue finds the CTA "bundle" in it' }]);
    });

    it('and the CTA can not go while they live', async () => {
      const { id } = await declare();
      const { status, body } = await turnout.call('DELETE', '/v1/ctas/cart');
      expect([status, body.detail]).toEqual([409, 'CTA "cart" is needed by 1 tracked link. Change these first.']);
      await turnout.must('POST', `/v1/links/${String(id)}/disable`);
      expect((await turnout.call('DELETE', '/v1/ctas/cart')).status).toBe(204);
    });

    it('not where the destination says otherwise of a UTM value', async () => {
      const errors = await problemsOf({ cta: 'cart', destination: `${CART}?utm_source=a`, utm: { utm_source: 'b' } });
      expect(errors).toMatchObject([{ pointer: '/utm/utm_source' }]);
    });

    it('and listed by CTA, template and domain, page by page', async () => {
      for (const template of ['a', 'b', 'a', 'a']) {
        await database.setClock((await database.now()) + 1);
        await declare({ template, destination: `${CART}?n=${await database.now()}` });
      }
      const first = await turnout.must('GET', '/v1/links?template=a&limit=2');
      const second = await turnout.must('GET', `/v1/links?template=a&limit=2&after=${String(first.next)}`);
      expect(
        [...(first.links as JsonObject[]), ...(second.links as JsonObject[])].map((one) => one.createdAt as string),
      ).toEqual([4, 3, 1].map((ms) => new Date(T0 + ms).toISOString()));
      expect(second.next).toBeNull();
      expect((await turnout.must('GET', '/v1/links?cta=other')).links).toEqual([]);
      expect((await turnout.must('GET', `/v1/links?domain=${DOMAIN}&cta=cart`)).links).toHaveLength(4);
    });

    it('with a QR code of the short form if there is one', async () => {
      const { id, shortUrl } = await declare({ short: true });
      expect(String(shortUrl)).toMatch(/^https:\/\/go\.example\.com\/l\/[\w-]{16}$/);
      const qr = (query: string) =>
        fetch(`${turnout.url}/v1/links/${String(id)}/qr${query}`, {
          headers: { authorization: turnout.authorization },
        });
      const svg = await qr('');
      expect([svg.headers.get('content-type'), await svg.text()]).toEqual([
        expect.stringContaining('image/svg+xml'),
        expect.stringContaining('<svg'),
      ]);
      const png = Buffer.from(await (await qr('?format=png&width=128')).arrayBuffer());
      expect(png.subarray(1, 4).toString()).toBe('PNG');
    });
  });

  describe('lead', () => {
    it('to their destination, which nobody keeps or lists, with nothing told of where from', async () => {
      const { url } = await declare();
      const { status, location, headers, body } = await follow(url);
      expect([status, location, body]).toEqual([302, CART, '']);
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-robots-tag': 'noindex',
      });
    });

    it('with the query byte for byte, the UTM keys that are missing once, and the fragment last', async () => {
      const destination =
        'https://shop.example.com/discount/A%20B?redirect=/cart%2F1&x=%e4+%C3%A4&&=&UTM_Source=own#top?no=1';
      const utm = { utm_source: 'own', utm_medium: 'email', utm_content: 'ü & co' };
      const { url } = await declare({ destination, utm });
      expect((await follow(url)).location).toBe(
        'https://shop.example.com/discount/A%20B?redirect=/cart%2F1&x=%e4+%C3%A4&&=&UTM_Source=own' +
          '&utm_medium=email&utm_content=%C3%BC%20%26%20co#top?no=1',
      );
    });

    it('nowhere else, whatever is asked beside the token', async () => {
      const { url } = await declare();
      for (const more of ['?to=https://evil.example', '?redirect=//evil.example', '?utm_source=other', '?']) {
        expect((await follow(`${String(url)}${more}`)).location).toBe(CART);
      }
    });

    it('alike for HEAD', async () => {
      const { url } = await declare();
      const [got, head] = [await follow(url), await visit(turnout.url, String(url), { method: 'HEAD' })];
      const { date: _a, ...headers } = got.headers;
      const { date: _b, ...others } = head.headers;
      expect([head.status, others, head.body]).toEqual([got.status, headers, '']);
    });

    it('until the very instant at which they end', async () => {
      const { url, expiresAt } = await declare({ expiresAt: new Date(T0 + DAY).toISOString(), short: true });
      expect(Date.parse(expiresAt as string)).toBe(T0 + DAY);
      await database.setClock(T0 + DAY - 1);
      expect((await follow(url)).status).toBe(302);
      for (const at of [T0 + DAY, T0 + DAY + 1]) {
        await database.setClock(at);
        expect(await follow(url)).toMatchObject({ status: 410, location: undefined });
      }
    });

    it('in their short form, too, until the very instant at which they end', async () => {
      const { shortUrl } = await declare({ expiresAt: new Date(T0 + DAY).toISOString(), short: true });
      await database.setClock(T0 + DAY - 1);
      expect(await follow(shortUrl)).toMatchObject({ status: 302, location: CART });
      await database.setClock(T0 + DAY);
      expect((await follow(shortUrl)).status).toBe(410);
    });

    it('nowhere while they are disabled, whatever process remembers them', async () => {
      const { id, url, shortUrl } = await declare({ short: true });
      const other = await TestTurnout.start(database);
      const statuses = async () => {
        const visits = [url, shortUrl].flatMap((link) => [turnout, other].map((one) => visit(one.url, String(link))));
        return (await Promise.all(visits)).map(({ status }) => status);
      };
      try {
        for (let round = 0; round < 3; round++) {
          expect(await statuses()).toEqual([302, 302, 302, 302]);
          expect((await turnout.must('POST', `/v1/links/${String(id)}/disable`)).state).toBe('disabled');
          expect(await statuses()).toEqual([410, 410, 410, 410]);
          await turnout.must('POST', `/v1/links/${String(id)}/enable`);
        }
      } finally {
        await other.stop();
      }
      await turnout.settle();
      const { rows } = await database.pool.query('SELECT FROM anonymous_clicks');
      expect(rows).toHaveLength(12);
    });

    it('only where their domain allows it now, not when they were made or followed', async () => {
      const { url } = await declare();
      expect((await follow(url)).status).toBe(302);
      await turnout.must('PUT', `/v1/link-domains/${DOMAIN}`, { allowedHosts: ['other.example.com'] });
      expect(await follow(url)).toMatchObject({ status: 404, location: undefined });
    });

    it('even when one of those that are followed at the same time has ended', async () => {
      const ending = await declare({ expiresAt: new Date(T0 + DAY).toISOString() });
      const lasting = await declare();
      const links = Array.from({ length: 20 }, (_, index) => (index % 5 === 2 ? ending.url : lasting.url));
      const statuses = async () => (await Promise.all(links.map(follow))).map(({ status }) => status);
      expect(new Set(await statuses())).toEqual(new Set([302]));
      await database.setClock(T0 + DAY);
      for (let round = 0; round < 2; round++) {
        expect(await statuses()).toEqual(links.map((link) => (link === ending.url ? 410 : 302)));
      }
      await turnout.settle();
      const { rows } = await database.pool.query('SELECT FROM anonymous_clicks WHERE link_id = $1', [ending.id]);
      expect(rows).toHaveLength(4);
    });

    it('only on their own domain', async () => {
      const { url } = await declare();
      await turnout.must('PUT', '/v1/link-domains/second.example.com', { allowedHosts: ['shop.example.com'] });
      for (const host of ['second.example.com', '127.0.0.1', '', 'go.example.com.evil.example']) {
        expect(await visit(turnout.url, String(url), { host })).toMatchObject({ status: 404, location: undefined });
      }
      expect((await visit(turnout.url, String(url), { host: 'GO.example.com:443' })).status).toBe(302);
    });

    it('not where the path is none, and say so in a page', async () => {
      for (const path of ['/l/%zz', '/l/', '/l/%00', `/l/${'a'.repeat(3_000)}`, '/l/a/b/../c']) {
        const { status, headers, body } = await visit(turnout.url, path, { host: DOMAIN });
        expect([status, headers['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
        expect(body).toContain('This link is not known');
      }
    });

    it('and live anew when they are declared again in the second half of their life', async () => {
      const first = await declare();
      await database.setClock(T0 + 199 * DAY);
      expect((await declare()).expiresAt).toBe(first.expiresAt);
      await database.setClock(T0 + 201 * DAY);
      const { id, expiresAt } = await declare();
      expect([id, Date.parse(expiresAt as string)]).toEqual([first.id, T0 + 601 * DAY]);
    });
  });
});
