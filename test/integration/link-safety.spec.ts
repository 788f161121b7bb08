import { DAY, T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { DESTINATION_BYPASSES, tamperedTokens } from '../support/link-bypasses.js';
import { TestTurnout } from '../support/turnout.js';
import { visit } from '../support/visits.js';

const DOMAIN = 'go.example.com';
const CART = 'https://shop.example.com/cart';
const AT_ONCE = 25;

describe('nobody is led astray', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database, undefined, {
      LINK_REQUESTS_PER_SECOND: '0',
      MANAGE_REQUESTS_PER_SECOND: '0',
    });
    const allowedHosts = ['shop.example.com', '*.shop.example.com'];
    await turnout.must('PUT', `/v1/link-domains/${DOMAIN}`, { allowedHosts, sendingDomain: 'mail.example.com' });
    await turnout.must('PUT', '/v1/ctas/cart', { kind: 'cart', patterns: [{ path: '/**' }] });
  });

  afterAll(async () => {
    await turnout.stop();
    await database.drop();
  });

  const declare = (destination: string, more: object = {}) =>
    turnout.call('POST', '/v1/links', { cta: 'cart', destination, domain: DOMAIN, ...more });

  /** Those of many for which something does not hold. */
  async function without<Item>(items: readonly Item[], holds: (item: Item) => Promise<boolean>): Promise<Item[]> {
    const wrong: Item[] = [];
    for (let from = 0; from < items.length; from += AT_ONCE) {
      const some = items.slice(from, from + AT_ONCE);
      const are = await Promise.all(some.map(holds));
      wrong.push(...some.filter((_, index) => !are[index]));
    }
    return wrong;
  }

  it('by a destination that only looks like the shop, of hundreds', async () => {
    expect(new Set(DESTINATION_BYPASSES).size).toBe(DESTINATION_BYPASSES.length);
    expect(DESTINATION_BYPASSES.length).toBeGreaterThanOrEqual(300);
    const letThrough = await without(DESTINATION_BYPASSES, async (destination) => {
      const { status, body } = await declare(destination);
      const [problem] = (body as { errors?: { pointer: string }[] }).errors ?? [];
      return status === 400 && problem?.pointer === '/destination';
    });
    expect(letThrough).toEqual([]);
    expect((await turnout.must('GET', '/v1/links')).links).toEqual([]);
  });

  it('by what was a destination when somebody wrote it into the database', async () => {
    const { url } = await turnout.must('POST', '/v1/links', { cta: 'cart', destination: CART, domain: DOMAIN });
    expect((await visit(turnout.url, String(url))).location).toBe(CART);
    const storable = DESTINATION_BYPASSES.filter((one) => one !== '' && !one.includes('\0'));
    const led: string[] = [];
    for (const destination of storable) {
      await database.pool.query('UPDATE tracked_links SET landing_url = $1', [destination]);
      const { status, location } = await visit(turnout.url, String(url));
      if (location !== undefined || status < 400) led.push(destination);
    }
    expect(led).toEqual([]);
  });

  it('by a token that is not, letter for letter, one that we signed', async () => {
    const end = new Date(T0 + DAY).toISOString();
    const { body } = await declare(`${CART}?a=1`, { expiresAt: end, short: true });
    const { url, shortUrl } = body as { url: string; shortUrl: string };
    const prefix = `https://${DOMAIN}/l/`;
    for (const link of [url, shortUrl]) {
      expect((await visit(turnout.url, link)).status).toBe(302);
      const tokens = tamperedTokens(link.slice(prefix.length));
      const led = await without(tokens, async (token) => {
        const { status, location } = await visit(turnout.url, prefix + token);
        return location === undefined && status >= 400 && status < 500;
      });
      expect(led).toEqual([]);
    }
    await database.setClock(T0 + DAY);
    for (const link of [url, shortUrl])
      expect(await visit(turnout.url, link)).toMatchObject({ status: 410, location: undefined });
  });

  it('by headers that name another host', async () => {
    const { body } = await declare(`${CART}?a=2`);
    const { url } = body as { url: string };
    for (const name of [
      'x-forwarded-host',
      'x-host',
      'x-original-url',
      'x-rewrite-url',
      'forwarded',
      'referer',
      'origin',
    ]) {
      const value = name === 'forwarded' ? 'host=evil.example' : 'https://evil.example/';
      expect((await visit(turnout.url, url, { headers: { [name]: value } })).location).toBe(`${CART}?a=2`);
    }
  });
});
