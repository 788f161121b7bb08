import { DAY, T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { settle, TestTurnout } from '../support/turnout.js';
import { visit } from '../support/visits.js';

const CART = 'https://shop.example.com/cart';
const HOST = 'go.example.com';
const [OLD_KEY, NEW_KEY] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64')) as [string, string];

describe('tracked links', () => {
  let database: TestDatabase;
  let running: TestTurnout[];

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    running = [];
  });

  afterEach(async () => {
    await Promise.all(running.map((one) => one.stop()));
    await database.drop();
  });

  async function start(env: Record<string, string> = {}): Promise<TestTurnout> {
    const turnout = await TestTurnout.start(database, undefined, env);
    running.push(turnout);
    return turnout;
  }

  async function startOver(env: Record<string, string>): Promise<TestTurnout> {
    await Promise.all(running.splice(0).map((one) => one.stop()));
    return start(env);
  }

  async function declare(turnout: TestTurnout, more: object = {}): Promise<string[]> {
    await turnout.must('PUT', `/v1/link-domains/${HOST}`, { allowedHosts: ['shop.example.com'] });
    await turnout.must('PUT', '/v1/ctas/cart', { patterns: [{ host: 'shop.example.com' }] });
    const link = await turnout.must('POST', '/v1/links', { cta: 'cart', destination: CART, short: true, ...more });
    return [link.url as string, link.shortUrl as string];
  }

  async function statuses(turnout: TestTurnout, links: readonly string[]): Promise<number[]> {
    return (await Promise.all(links.map((link) => visit(turnout.url, link)))).map(({ status }) => status);
  }

  async function clicks(): Promise<number> {
    const { rows } = await database.pool.query('SELECT FROM anonymous_clicks');
    return rows.length;
  }

  it('go on when the key that signs is changed, until the one that signed them is taken out', async () => {
    const own = await declare(await start());
    const first = await startOver({ LINK_KEYS: OLD_KEY });
    const old = await declare(first);
    const both = await startOver({ LINK_KEYS: `${NEW_KEY},${OLD_KEY}` });
    const young = await declare(both);
    const links = [...own, ...old, ...young];
    expect(new Set(links).size).toBe(6);
    expect(await statuses(both, links)).toEqual([302, 302, 302, 302, 302, 302]);
    const rotated = await startOver({ LINK_KEYS: NEW_KEY });
    expect(await statuses(rotated, links)).toEqual([302, 302, 404, 404, 302, 302]);
    expect(await declare(rotated)).toEqual(young);
    const { headers, body } = await visit(rotated.url, old[0]!);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(body).toContain('This link is not known');
    const without = await startOver({});
    expect(await statuses(without, links)).toEqual([302, 302, 404, 404, 404, 404]);
    expect(await declare(without)).toEqual(own);
  });

  it('are followed so often from one address, and no oftener, while others go on', async () => {
    const turnout = await start({ LINK_REQUESTS_PER_SECOND: '1', CLIENT_ADDRESS_HEADER: 'x-forwarded-for' });
    const [url] = await declare(turnout);
    const from = (address: string) => visit(turnout.url, url!, { headers: { 'x-forwarded-for': address } });
    const asked = [];
    for (let n = 0; n < 12; n++) asked.push((await from(n % 2 === 0 ? '192.0.2.1' : `192.0.2.${n}, 192.0.2.1`)).status);
    expect(asked).toEqual([...Array<number>(10).fill(302), 429, 429]);
    const refused = await from('192.0.2.1');
    expect(refused.headers).toMatchObject({ 'retry-after': '10', 'content-type': 'text/html; charset=utf-8' });
    expect([refused.location, refused.body]).toEqual([undefined, expect.stringContaining('Too many requests')]);
    // Whoever writes an address into the header that our proxy goes on with is still who the proxy says.
    expect((await from('192.0.2.1, 192.0.2.2')).status).toBe(302);
    await turnout.settle();
    expect(await clicks()).toBe(11);
  });

  it('wait in the browser while the database is away, and lead on when it is back', async () => {
    const turnout = await start();
    const links = await declare(turnout);
    expect(await statuses(turnout, links)).toEqual([302, 302]);
    await database.whileAway(async () => {
      for (const link of links) {
        const { status, location, headers, body } = await visit(turnout.url, link);
        expect([status, location, headers.refresh, headers['retry-after']]).toEqual([503, undefined, '2', '2']);
        expect(body).toContain('This page tries again by itself');
      }
      // What no key of ours signed needs no database to be told apart.
      expect((await visit(turnout.url, `/l/${'a'.repeat(40)}`, { host: HOST })).status).toBe(404);
    });
    expect(await statuses(turnout, links)).toEqual([302, 302]);
    // Whoever was just making events of the first clicks may have lost them: they are free again when the claim ends.
    await database.setClock(T0 + 10_000);
    await turnout.settle();
    expect(await clicks()).toBe(4);
  });

  it('need no worker to be followed; the first one that comes makes events of the clicks, as of when they were', async () => {
    const api = await start({ TURNOUT_ROLES: 'api' });
    const links = await declare(api);
    expect(await statuses(api, links)).toEqual([302, 302]);
    await database.setClock(T0 + DAY);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await clicks()).toBe(0);
    const worker = await start({ TURNOUT_ROLES: 'worker' });
    await settle(database);
    const { rows } = await database.pool.query<{ at: Date }>('SELECT occurred_at AS at FROM anonymous_clicks');
    expect(rows.map(({ at }) => at.getTime())).toEqual([T0, T0]);
    expect((await visit(worker.url, links[0]!)).status).toBe(404);
  });
});
