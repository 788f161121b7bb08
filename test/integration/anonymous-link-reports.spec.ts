import { KEPT_ON_TOP_MS } from '../../src/platform/retention.js';
import { Cleaner } from '../../src/retention/cleaner.js';
import { DAY, RETENTION, T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { counted } from '../support/link-figures.js';
import { SIGNING_KEY, TestTurnout, type JsonObject } from '../support/turnout.js';
import { visit } from '../support/visits.js';
import { customerioWebhook } from '../support/webhooks.js';

const day = (n: number) => new Date(T0 + n * DAY).toISOString().slice(0, 10);

describe('reports on links count the clicks of nobody known, beside those of people', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;
  let cart: JsonObject;
  let story: JsonObject;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database);
    await turnout.must('PUT', '/v1/link-domains/go.example.com', { allowedHosts: ['shop.example.com'] });
    for (const key of ['cart', 'story']) {
      await turnout.must('PUT', `/v1/ctas/${key}`, { kind: key, patterns: [{ path: `/${key}` }] });
    }
    const message = { campaign_id: 7, action_id: 61 };
    const utm = { utm_source: 'cio', utm_content: 'hero' };
    cart = await declare('cart', { channel: 'email', template: 'winback-2', message, utm });
    story = await declare('story', { channel: 'social' });
  });

  afterEach(async () => {
    await turnout.stop();
    await database.drop();
  });

  const declare = (cta: string, more: object) =>
    turnout.must('POST', '/v1/links', { cta, destination: `https://shop.example.com/${cta}`, ...more });

  const follow = async (link: JsonObject, times = 1, options: Parameters<typeof visit>[2] = {}) => {
    for (let n = 0; n < times; n++) expect((await visit(turnout.url, String(link.url), options)).status).toBe(302);
    await counted(turnout, database);
  };

  const report = async (query: string): Promise<JsonObject[]> =>
    (await turnout.must('GET', `/v1/link-reports?from=${day(0)}&to=${day(3)}&${query}`)).rows as JsonObject[];

  /** What a report says of them, by value and period. */
  const anonymous = async (query: string) =>
    (await report(query)).map(({ value, period, anonymous: { human, suspect, machine } }) => [
      ...[Object.values(value as object).join(), period, `${human} ${suspect} ${machine}`],
    ]);

  /** What is kept of them, as it would be counted anew. */
  const isAsRecounted = async () => {
    const { rows } = await database.pool.query(
      `(SELECT link_id, day, signals, clicks::int FROM anonymous_click_days) EXCEPT
       (SELECT link_id, (occurred_at AT TIME ZONE 'UTC')::date, coalesce(properties ->> 'actor_signals', ''), count(*)::int
          FROM anonymous_clicks GROUP BY 1, 2, 3)`,
    );
    const { rows: sums } = await database.pool.query<{ kept: number; all: number }>(
      `SELECT (SELECT coalesce(sum(clicks), 0)::int FROM anonymous_click_days) AS kept,
              (SELECT count(*)::int FROM anonymous_clicks) AS all`,
    );
    expect([rows, sums[0]!.kept]).toEqual([[], sums[0]!.all]);
    return sums[0]!.all;
  };

  const pending = async () => (await database.pool.query('SELECT FROM cleanings WHERE done_at IS NULL')).rowCount ?? 0;

  it('by class, by whatever the report is by, in each period', async () => {
    await follow(cart, 3);
    await follow(cart, 2, { method: 'HEAD' });
    await follow(story);
    await database.setClock(T0 + DAY);
    await follow(cart);
    expect(await anonymous('by=cta')).toEqual([
      ['cart', day(0), '3 0 2'],
      ['story', day(0), '1 0 0'],
      ['cart', day(1), '1 0 0'],
    ]);
    expect(await anonymous('by=link')).toEqual([
      [cart.id, day(0), '3 0 2'],
      [story.id, day(0), '1 0 0'],
      [cart.id, day(1), '1 0 0'],
    ]);
    expect(await anonymous('by=total&period=day')).toEqual([['', day(0), '4 0 2'], ['', day(1), '1 0 0']]); // prettier-ignore
    const month = `period=month&from=2026-03-01&to=2026-04-01`;
    for (const [query, expected] of [
      ['by=template', ['winback-2', '']],
      ['by=campaign', ['campaign_id:7', '']],
      ['by=utm_content', ['hero', '']],
      ['by=channel', ['email', 'social']],
      ['by=cta_template', ['cart,winback-2', 'story,']],
      ['by=link&link=' + String(story.id), [story.id]],
      ['by=cta&cta=story', ['story']],
    ] as const) {
      const { rows } = await turnout.must('GET', `/v1/link-reports?${month}&${query}`);
      const shown = (rows as JsonObject[]).map(({ value }) => Object.values(value as object).join());
      expect([query, shown]).toEqual([query, expected]);
    }
    expect(await isAsRecounted()).toBe(7);
  });

  it('apart from those of people, whose rates and figures stay theirs', async () => {
    await follow(cart, 2);
    // The sending tool tells of the same link whose click it was, as of those in a rewritten template.
    const data = { href: cart.url as string };
    await turnout.send(customerioWebhook({ secret: SIGNING_KEY, at: T0, identifiers: { id: '1' }, data }));
    await follow(story);
    const rows = await report('by=cta');
    expect(rows).toMatchObject([
      {
        ...{ value: { cta: 'cart' }, clicks: { human: 1, suspect: 0, machine: 0 }, clickers: 1, clickDays: 1 },
        anonymous: { human: 2, suspect: 0, machine: 0 },
      },
      {
        ...{ value: { cta: 'story' }, clicks: { human: 0, suspect: 0, machine: 0 }, clickers: 0, deliveries: null },
        ...{ clickRate: null, purchase: { count: 0, rate: null, revenue: [] }, anonymous: { human: 1 } },
      },
    ]);
  });

  it('as the catalogue is now, also for clicks of before', async () => {
    await follow(cart);
    await turnout.must('PUT', '/v1/ctas/cart', { kind: 'cart', patterns: [{ path: '/basket' }] });
    await turnout.must('PUT', '/v1/ctas/trap', { kind: 'honeypot', patterns: [{ path: '/cart' }] });
    await turnout.settle();
    expect(await anonymous('by=cta')).toEqual([['trap', day(0), '0 0 1']]);
  });

  it('until they are removed', async () => {
    await follow(cart, 2);
    await database.setClock(T0 + DAY);
    await follow(cart);
    await database.setClock(T0 + RETENTION + KEPT_ON_TOP_MS);
    await database.pool.query(
      `UPDATE cleanings SET done_at = CASE WHEN kind = 'records' THEN NULL ELSE turnout_now() END`,
    );
    while ((await pending()) > 0) await turnout.app.get(Cleaner).step();
    expect(await isAsRecounted()).toBe(1);
    expect(await anonymous('by=cta')).toEqual([['cart', day(1), '1 0 0']]);
  });

  it('in CSV and on the page, too', async () => {
    await follow(cart, 2);
    const get = async (format: string) =>
      (
        await fetch(`${turnout.url}/v1/link-reports?by=cta&from=${day(0)}&to=${day(1)}&format=${format}`, {
          headers: { authorization: turnout.authorization },
        })
      ).text();
    const [head, line] = (await get('csv')).split('\r\n').map((one) => one.split(','));
    const cell = (name: string) => line![head!.indexOf(name)];
    expect(['human', 'anonymous_human', 'anonymous_suspect', 'anonymous_machine'].map(cell)).toEqual(['0', '2', '0', '0']); // prettier-ignore
    expect(await get('html')).toContain('clicks of nobody known');
  });
});
