import { dayAndValue, HumanClicks } from '../../src/checklist/human-clicks.js';
import { ClickClassStore } from '../../src/ctas/click-class-store.js';
import { CtaStore } from '../../src/ctas/cta-store.js';
import { ReclassificationStore } from '../../src/ctas/reclassification-store.js';
import { createDataSource } from '../../src/data-source.js';
import { DAY, T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { counted } from '../support/link-figures.js';
import { SIGNING_KEY, TestTurnout, type JsonObject } from '../support/turnout.js';
import { visit } from '../support/visits.js';
import { customerioWebhook } from '../support/webhooks.js';

const CART = 'https://shop.example.com/cart?id=9';
const ADA = { customer_id: '4711' };

describe('clicks on tracked links', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database);
    await turnout.must('PUT', '/v1/link-domains/go.example.com', { allowedHosts: ['shop.example.com'] });
    await turnout.must('PUT', '/v1/ctas/cart', { kind: 'cart', patterns: [{ host: 'shop.example.com' }] });
    const eventNames = ['click', 'email_delivered'];
    await turnout.must('PUT', '/v1/sources/customerio/history', { startsAt: '1970-01-01T00:00:00Z', eventNames });
    await turnout.must('PUT', '/v1/segments/clicked', {
      rule: { performed: 'click', where: { cta: 'cart', campaign_id: 7 }, within: '30d' },
    });
    // Somebody who is known.
    await deliver('sent-1', -DAY);
  });

  afterEach(async () => {
    await turnout.stop();
    await database.drop();
  });

  const deliver = async (deliveryId: string, at: number) => {
    const sent = customerioWebhook({
      secret: SIGNING_KEY,
      at: T0 + at,
      metric: 'delivered',
      data: { delivery_id: deliveryId },
    });
    expect((await turnout.send(sent)).status).toBe(200);
    await turnout.settle();
  };

  const declare = (more: object = {}) =>
    turnout.must('POST', '/v1/links', {
      ...{ cta: 'cart', destination: CART, channel: 'email', template: 'winback-2', utm: { utm_source: 'cio' } },
      ...{ message: { campaign_id: 7, action_id: 61 }, ...more },
    });

  const follow = async (link: unknown, options: Parameters<typeof visit>[2] = {}) => {
    expect((await visit(turnout.url, String(link), options)).status).toBe(302);
    await turnout.settle();
  };

  const clicks = async (): Promise<JsonObject[]> => {
    const { events } = await turnout.must('GET', '/v1/profiles/customer_id:4711/events');
    return (events as JsonObject[]).filter((one) => one.name === 'click');
  };
  /** How clicks are classed: how many of each class, and for which reasons. */
  const classes = async () => {
    const report = await turnout.must('GET', '/v1/click-classes/report?from=2026-03-01&to=2026-03-02');
    return [report.total, report.reasons] as JsonObject[];
  };
  const isMember = async () =>
    (await turnout.must('GET', '/v1/segments/clicked/profiles/customer_id:4711')).isMember as boolean;

  const anonymous = async () => {
    const { rows } = await database.pool.query<{ occurred_at: Date; link_id: string; properties: JsonObject }>(
      'SELECT occurred_at, link_id, properties FROM anonymous_clicks ORDER BY occurred_at',
    );
    return rows;
  };

  it('are clicks like any other: rules, CTAs and windows hold for them', async () => {
    const { id, url } = await declare({ profile: ADA, deliveryId: 'sent-1' });
    expect(await isMember()).toBe(false);
    await database.setClock(T0 + 60_000);
    await follow(url);
    expect(await clicks()).toMatchObject([
      {
        source: 'links',
        occurredAt: new Date(T0 + 60_000).toISOString(),
        properties: {
          ...{ href: `${CART}&utm_source=cio`, utm_source: 'cio', id: '9', channel: 'email', template: 'winback-2' },
          ...{ campaign_id: 7, action_id: 61, delivery_id: 'sent-1', tracked_link: id },
        },
      },
    ]);
    expect(await isMember()).toBe(true);
    await database.setClock(T0 + 60_000 + 30 * DAY);
    await turnout.settle();
    expect(await isMember()).toBe(false);
  });

  it('keep nothing of who asked but keyed hashes', async () => {
    const { url } = await declare({ profile: ADA });
    await follow(url);
    const [click] = await clicks();
    const { address_hash: address, agent_hash: agent } = (click as JsonObject).properties as JsonObject;
    expect([address, agent]).toEqual([expect.stringMatching(/^[\w-]{16}$/), expect.stringMatching(/^[\w-]{16}$/)]);
    const { rows } = await database.pool.query<{ text: string }>(
      `SELECT properties::text AS text FROM events UNION ALL SELECT clicks::text FROM link_click_journal`,
    );
    for (const { text } of rows) expect(text).not.toMatch(/127\.0\.0\.1|::1|Mozilla/);
  });

  it.each<[string, string, Parameters<typeof visit>[2]]>([
    ['HEAD requests', 'head_request', { method: 'HEAD' }],
    ['prefetches', 'prefetch', { headers: { 'sec-purpose': 'prefetch;prerender' } }],
    ['previews', 'prefetch', { headers: { purpose: 'preview' } }],
    ['scanners', 'scanner_agent', { headers: { 'user-agent': 'Barracuda Sentinel (EE)' } }],
    ['robots', 'scanner_agent', { headers: { 'user-agent': 'Mozilla/5.0 (compatible; bingbot/2.0)' } }],
    ['what has no name', 'scanner_agent', { headers: { 'user-agent': '' } }],
  ])('of %s are kept as those of machines', async (_what, reason, options) => {
    const { url } = await declare({ profile: ADA });
    await follow(url, options);
    expect(await classes()).toMatchObject([{ human: 0, suspect: 0, machine: 1 }, { [reason]: 1 }]);
    expect(await isMember()).toBe(false);
    // The person's, a little later, counts.
    await follow(url);
    expect(await isMember()).toBe(true);
  });

  it('of five people from one address within ten seconds are suspect from the fifth on', async () => {
    const people = Array.from({ length: 6 }, (_, index) => ({ customer_id: `many-${index}` }));
    const header = { authorization: turnout.authorization, 'content-type': 'application/json' };
    for (const profile of people) {
      const body = JSON.stringify({ userId: profile.customer_id, traits: {} });
      await fetch(`${turnout.url}/v1/identify`, { method: 'POST', headers: header, body });
    }
    await turnout.settle();
    const links = await Promise.all(people.map(async (profile) => (await declare({ profile })).url as string));
    for (const [index, link] of links.entries()) {
      // The sixth ten seconds after the second: only four others are left in its ten seconds with it.
      await database.setClock(T0 + [0, 1, 2, 3, 9_999, 10_001][index]!);
      await follow(link);
    }
    const signals = await Promise.all(
      people.map(async ({ customer_id: id }) => {
        const { events } = await turnout.must('GET', `/v1/profiles/customer_id:${id}/events`);
        return ((events as JsonObject[]).find((one) => one.name === 'click')!.properties as JsonObject).actor_signals;
      }),
    );
    expect(signals).toEqual([undefined, undefined, undefined, undefined, ['shared_address'], undefined]);
    expect(await classes()).toMatchObject([{ human: 5, suspect: 1, machine: 0 }, { shared_address: 1 }]);
  });

  it('that are turned into events once more after a crash are no contradictions, whatever is known by then', async () => {
    await database.pool.query(`
      CREATE TABLE public.written_clicks AS SELECT * FROM link_click_journal;
      CREATE FUNCTION public.keep_clicks() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO public.written_clicks SELECT NEW.*; RETURN NULL; END $$;
      CREATE TRIGGER keep_clicks AFTER INSERT ON link_click_journal FOR EACH ROW EXECUTE FUNCTION public.keep_clicks()`);
    for (let person = 1; person <= 5; person++) {
      const deliveryId = `sent-${person}`;
      await follow((await declare({ profile: ADA, deliveryId })).url);
    }
    // Who removes them from the journal is killed.
    await database.pool.query(
      'INSERT INTO link_click_journal SELECT id, written_at, NULL, clicks FROM public.written_clicks',
    );
    await turnout.settle();
    expect(await clicks()).toHaveLength(5);
    expect((await turnout.must('GET', '/v1/sources/dead-letters')).deadLetters).toEqual([]);
  });

  it('are classed by their delivery, too', async () => {
    const { url } = await declare({ profile: ADA, deliveryId: 'sent-2' });
    await deliver('sent-2', 0);
    await database.setClock(T0 + 1_999);
    await follow(url);
    expect(await classes()).toMatchObject([{ machine: 1 }, { at_delivery: 1 }]);
  });

  it('in the short form are those of whom it was made for', async () => {
    const { shortUrl } = await declare({ profile: ADA, short: true });
    await follow(shortUrl);
    expect(await clicks()).toHaveLength(1);
  });

  it('of nobody that is known belong to no profile, and are kept', async () => {
    const { id, url } = await declare();
    await database.setClock(T0 + 5);
    await follow(url);
    await follow(url, { method: 'HEAD' });
    expect(await clicks()).toEqual([]);
    expect(await anonymous()).toMatchObject([
      { occurred_at: new Date(T0 + 5), link_id: id, properties: { href: `${CART}&utm_source=cio`, campaign_id: 7 } },
      { link_id: id, properties: { actor_signals: ['head_request'] } },
    ]);
  });

  it('that led nowhere are none', async () => {
    const { id, url } = await declare({ profile: ADA, expiresAt: new Date(T0 + DAY).toISOString() });
    await turnout.must('POST', `/v1/links/${String(id)}/disable`);
    await visit(turnout.url, String(url));
    await turnout.must('POST', `/v1/links/${String(id)}/enable`);
    await visit(turnout.url, String(url), { host: 'other.example.com' });
    await database.setClock(T0 + DAY);
    await visit(turnout.url, String(url));
    await turnout.settle();
    expect([await clicks(), await anonymous()]).toEqual([[], []]);
  });

  it('follow a profile into another that it becomes part of', async () => {
    const headers = { authorization: turnout.authorization, 'content-type': 'application/json' };
    const post = (path: string, body: object) =>
      fetch(turnout.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    await post('/v1/identify', { anonymousId: 'device-1', traits: {} });
    await turnout.settle();
    const { url } = await declare({ profile: { anonymous_id: 'device-1' } });
    await post('/v1/identify', { anonymousId: 'device-1', userId: '4711', traits: {} });
    await turnout.settle();
    await follow(url);
    expect(await clicks()).toHaveLength(1);
  });

  it('of somebody who was erased are anonymous, and lead where they led', async () => {
    const { url } = await declare({ profile: ADA });
    await turnout.must('DELETE', '/v1/profiles/customer_id:4711');
    await follow(url);
    expect(await anonymous()).toHaveLength(1);
    const { rows } = await database.pool.query('SELECT FROM link_bindings');
    expect(rows).toEqual([]);
  });

  it('are events once, however often the work is done again after a crash', async () => {
    const links = [await declare({ profile: ADA }), await declare()];
    const journal = () => database.pool.query('CREATE TABLE kept AS SELECT * FROM link_click_journal');
    await database.pool.query(`CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN INSERT INTO kept SELECT NEW.*; RETURN NEW; END'`);
    await journal();
    await database.pool.query(
      'CREATE TRIGGER keep AFTER INSERT ON link_click_journal FOR EACH ROW EXECUTE FUNCTION keep()',
    );
    for (const { url } of links) await follow(url);
    await database.pool.query('ALTER TABLE link_click_journal DISABLE TRIGGER keep');
    await database.pool.query('INSERT INTO link_click_journal SELECT * FROM kept');
    await turnout.settle();
    expect([await clicks(), await anonymous()]).toMatchObject([[{ name: 'click' }], [{}]]);
  });

  it('tell how fresh they are, as other sources do', async () => {
    const { url } = await declare({ profile: ADA });
    await follow(url);
    const { sources } = await turnout.must('GET', '/v1/sources');
    expect((sources as JsonObject[]).map((one) => one.source as string)).toContain('links');
  });

  describe('on links that are the same for everybody, as the sending tool tells them', () => {
    /** What Customer.io makes of a link in a template: it tracks it, and may add to its address. */
    const told = async (href: string, at: number) => {
      await database.setClock(T0 + at);
      const data = { campaign_id: 7, delivery_id: 'sent-1', link_id: 3 };
      const sent = await turnout.send(customerioWebhook({ secret: SIGNING_KEY, at: T0 + at, href, data }));
      expect(sent.status).toBe(200);
      await turnout.settle();
    };
    const report = async (by: string) => {
      await counted(turnout, database);
      const asked = `/v1/link-reports?by=${by}&period=day&from=2026-03-01&to=2026-03-02`;
      return (await turnout.must('GET', asked)).rows as JsonObject[];
    };

    it('are clicks of that person on what the link leads to, whatever was added to its address', async () => {
      const text = `<a href="${CART}">Cart</a>`;
      const asked = { text, channel: 'sms', template: 'winback-2', utm: { utm_source: 'cio' } };
      const { links } = await turnout.must('POST', '/v1/links/rewrite', { ...asked, message: { broadcast_id: 9 } });
      const { id, url } = (links as JsonObject[])[0]!.link as JsonObject;
      await told(`${String(url)}?utm_source=customer.io&utm_medium=email_action`, 60_000);
      const [click] = await clicks();
      expect(click).toMatchObject({
        source: 'customerio',
        properties: {
          ...{ href: `${CART}&utm_source=cio`, utm_source: 'cio', id: '9', template: 'winback-2', tracked_link: id },
          // Where it was clicked is for who sent it to say.
          ...{ channel: 'email', campaign_id: 7, delivery_id: 'sent-1', link_id: 3 },
          clicked_href: `${String(url)}?utm_source=customer.io&utm_medium=email_action`,
        },
      });
      for (const name of ['broadcast_id', 'utm_medium']) expect(click!.properties).not.toHaveProperty(name);
      expect(await isMember()).toBe(true);
      expect(await report('link')).toMatchObject([{ value: { link: id }, clicks: { human: 1 }, clickers: 1 }]);
      expect(await report('cta_template')).toMatchObject([{ value: { cta: 'cart', template: 'winback-2' } }]);
    });

    it('count once beside the sessions of other tools, as the redirector saw them', async () => {
      const { url } = await declare();
      await told(String(url), 60_000);
      await follow(url);
      const source = await createDataSource(database.url, 2).initialize();
      try {
        const reclassifications = new ReclassificationStore();
        const clicks = new HumanClicks(new CtaStore(new ClickClassStore(reclassifications), reclassifications));
        const ways = [{ dimension: 'utm_source', timeZone: 'UTC' } as const];
        const [counted] = await clicks.count(source.manager, T0, T0 + DAY, ways);
        expect([...counted!]).toEqual([[dayAndValue('2026-03-01', 'cio'), 1]]);
      } finally {
        await source.destroy();
      }
    });

    it('are known by short forms, too, and each time', async () => {
      const { id, url, shortUrl } = await declare({ short: true });
      const other = await declare({ template: 'another' });
      for (const [index, href] of [shortUrl, other.url, url, shortUrl].entries())
        await told(String(href), 60_000 * (index + 1));
      const click = (link: unknown) => ({ properties: { tracked_link: link, href: `${CART}&utm_source=cio` } });
      expect(await clicks()).toMatchObject([click(id), click(id), click(other.id), click(id)]); // newest first
    });

    it('stay what they are where the link was given to one person, whom the redirector knows', async () => {
      const { url, shortUrl } = await declare({ profile: ADA, short: true });
      for (const [index, href] of [url, shortUrl, 'https://go.example.com/l/none'].entries())
        await told(String(href), 60_000 + index * 1_000);
      for (const { properties } of await clicks()) expect(properties).not.toHaveProperty('tracked_link');
      expect(await isMember()).toBe(false);
    });
  });
});
