import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { DAY, T0 } from '../support/builders.js';
import { makeFakeChromium } from '../support/fake-chromium.js';
import { PlainShop } from '../support/plain-shop.js';
import { SIGNING_KEY, TestTurnout, type JsonObject } from '../support/turnout.js';
import { customerioWebhook } from '../support/webhooks.js';

const RUNS = '/v1/link-qa/runs';
const CLIENTS = ['desktop', 'ios-mail', 'gmail-app', 'instagram', 'facebook'];

describe('looks at links', () => {
  let database: TestDatabase;
  let shop: PlainShop;
  let turnout: TestTurnout;
  let chromium: Awaited<ReturnType<typeof makeFakeChromium>>;

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    shop = new PlainShop();
    await shop.listen();
    chromium = await makeFakeChromium();
    turnout = await TestTurnout.start(database, undefined, {
      LINK_QA_BROWSER: chromium.path,
      OUTBOUND_TRUSTED_HOSTS: shop.host,
      LINK_QA_INTERVAL_HOURS: '24',
    });
  });

  afterAll(async () => {
    await turnout.stop();
    await shop.stop();
    await chromium.remove();
    await database.drop();
  });

  async function until(id: string, isSo: (run: JsonObject) => boolean): Promise<JsonObject> {
    for (;;) {
      const run = await turnout.must('GET', `${RUNS}/${id}`);
      if (isSo(run)) return run;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  const over = (id: string) => until(id, (run) => run['finishedAt'] !== null);
  const as = async (id: string, query: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${turnout.url}${RUNS}/${id}${query}`, {
      headers: { authorization: turnout.authorization, ...headers },
    });
    return { type: response.headers.get('content-type'), text: await response.text() };
  };

  it('go on behind pages that redirect by script where a browser is named', async () => {
    const asked = await turnout.must('POST', RUNS, { urls: [shop.url('/by-script')], clients: ['desktop'] });
    const { report } = await over(asked['id'] as string);
    const [link] = (report as JsonObject)['links'] as JsonObject[];
    const [walk] = link!['walks'] as JsonObject[];
    expect((walk!['hops'] as JsonObject[]).map(({ url, via }) => [url, via])).toEqual([
      [shop.url('/by-script'), 'link'],
      [shop.url('/good'), 'script'],
    ]);
  });

  it('follow given links as every client, and say what is wrong, as JSON, JUnit and a page', async () => {
    const urls = [
      shop.url('/good'),
      shop.url('/lost?utm_source=a'),
      'http://10.0.0.1/x',
      shop.url('/good'),
      'a\u0000b',
    ];
    const asked = await turnout.must('POST', RUNS, { name: 'spring', urls, expectHosts: [shop.host.toUpperCase()] });
    expect(asked).toMatchObject({
      name: 'spring',
      subject: 'urls',
      state: 'waiting',
      counts: { links: 4, checked: 0 },
    });
    const run = await over(asked['id'] as string);
    expect(run).toMatchObject({ state: 'done', problem: null, counts: { links: 4, checked: 4, good: 1, error: 3 } });
    const report = run['report'] as JsonObject;
    expect(report).toMatchObject({ name: 'spring', finishedAt: new Date(T0).toISOString() });
    const links = report['links'] as JsonObject[];
    const codes = links.map(({ url, findings }) => [url, (findings as JsonObject[]).map((one) => one['code'])]);
    expect(codes).toEqual([
      [urls[0], []],
      [urls[1], ['parameter-lost']],
      [urls[2], ['forbidden-address', 'plain-http']],
      [urls[4], ['no-scheme']],
    ]);
    expect((links[0]!['walks'] as JsonObject[]).map((walk) => walk['client'])).toEqual(CLIENTS);
    const { id } = run as { id: string };
    const junit = await as(id, '?format=junit');
    expect(junit.type).toBe('application/xml; charset=utf-8');
    expect(junit.text).toContain('<testsuite name="spring" tests="4" failures="3"');
    const page = await as(id, '', { accept: 'text/html,application/xml;q=0.9' });
    expect(page.type).toBe('text/html; charset=utf-8');
    expect(page.text).toContain('<title>Links of spring</title>');
    expect((await as(id, '?format=json', { accept: 'text/html' })).type).toContain('application/json');
    const { rows } = await database.pool.query(
      'SELECT outcome, codes FROM link_checks WHERE run_id = $1 ORDER BY outcome, codes',
      [id],
    );
    expect(rows).toEqual([
      { outcome: 'error', codes: ['forbidden-address', 'plain-http'] },
      { outcome: 'error', codes: ['no-scheme'] },
      { outcome: 'error', codes: ['parameter-lost'] },
      { outcome: 'good', codes: [] },
    ]);
    const { runs } = await turnout.must('GET', RUNS);
    expect(runs).toContainEqual(expect.objectContaining({ id, state: 'done', counts: run['counts'] }));
  });

  it('follow the links of a template, with what its names stand for, and compare them', async () => {
    const template = `<a data-cio-tag="hero" href="{{ base }}/good?utm_source=a">x</a>\n<a data-cio-tag="hero" href="{{ base }}/also-good">Buy</a>`;
    const body = { template, values: { base: shop.url('') }, clients: ['desktop'], name: 'cart.html' };
    const run = await over((await turnout.must('POST', RUNS, body))['id'] as string);
    expect(run).toMatchObject({ subject: 'template', counts: { links: 2, good: 2 } });
    const { links, together } = run['report'] as { links: JsonObject[]; together: JsonObject[] };
    expect(links[1]).toMatchObject({ cta: 'hero', places: [{ source: 'cart.html', line: 2, text: 'Buy' }] });
    expect(together).toMatchObject([{ code: 'mixed-formats', about: 'hero: parameters' }]);
  });

  it('compare links of one call to action that the catalogue finds, of a template without tags and of given ones', async () => {
    await turnout.must('PUT', '/v1/ctas/basket', { kind: 'cart', patterns: [{ path: '/*good' }] });
    const [one, other] = [shop.url('/good?utm_source=a'), shop.url('/also-good?utm_source=a&utm_medium=email')];
    const template = `<a href="${one}">Cart</a> <a href="${other}">Cart</a> <a href="${shop.url('/slow')}">More</a>`;
    for (const body of [{ template }, { urls: [one, other, shop.url('/slow')] }]) {
      const asked = await turnout.must('POST', RUNS, { ...body, clients: ['desktop'] });
      const { links, together } = (await over(asked['id'] as string))['report'] as Record<string, JsonObject[]>;
      expect(links!.map(({ cta }) => cta as unknown)).toEqual(['basket', 'basket', null]);
      expect(together).toMatchObject([{ code: 'mixed-formats', about: 'basket: parameters' }]);
    }
    await turnout.must('DELETE', '/v1/ctas/basket');
  });

  it('show how far they have come, and stop when they are told to', async () => {
    const urls = [shop.url('/good'), ...Array.from({ length: 30 }, (_, n) => shop.url(`/hangs?n=${n}`))];
    const { id } = (await turnout.must('POST', RUNS, { urls, clients: ['desktop'] })) as { id: string };
    const under = await until(id, (run) => run['counts'].checked > 0);
    expect(under).toMatchObject({ state: 'running', counts: { links: 31, checked: 1 }, finishedAt: null });
    expect(under['report']).toMatchObject({ name: 'urls (running: 1 of 31)', totals: { links: 1 } });
    expect(await turnout.must('POST', `${RUNS}/${id}/cancel`)).toMatchObject({ state: 'cancelled' });
    shop.release();
    // The worker's next run ends after it has left this one.
    await over((await turnout.must('POST', RUNS, { urls: [shop.url('/good')] }))['id'] as string);
    const asked = shop.asked.filter((path) => path === '/hangs').length;
    expect(asked).toBeLessThan(10);
    expect(await over(id)).toMatchObject({ state: 'cancelled', counts: { checked: 1 } });
    const audited = async () => (await database.pool.query('SELECT FROM audit_log')).rowCount;
    const before = await audited();
    expect(await turnout.call('POST', `${RUNS}/${id}/cancel`)).toMatchObject({ status: 409 });
    expect(await audited()).toBe(before);
  });

  it('are given up when they break off again and again, and keep nobody waiting', async () => {
    const { rows } = await database.pool.query<{ id: string }>(
      `INSERT INTO link_runs (name, subject, settings, state, requested_at, tries)
       VALUES ('poison', 'urls', '{}', 'running', turnout_now(), 5) RETURNING id`,
    );
    expect(await over(rows[0]!.id)).toMatchObject({ state: 'failed', problem: expect.stringContaining('broke off 5 times') }); // prettier-ignore
    const next = await turnout.must('POST', RUNS, { urls: [shop.url('/good')] });
    expect(await over(next['id'] as string)).toMatchObject({ state: 'done' });
  });

  describe('of live links', () => {
    const live = async (of: object) => {
      const run = await over((await turnout.must('POST', RUNS, { live: of, clients: ['desktop'] }))['id'] as string);
      return (run['report']['links'] as JsonObject[]).map(({ url, cta, places }) => [url, cta, places[0].source]);
    };

    beforeAll(async () => {
      const click = async (id: string, href: string, at = T0) => {
        const sent = customerioWebhook({ secret: SIGNING_KEY, at, identifiers: { id }, href });
        expect((await turnout.send(sent)).status).toBe(200);
      };
      for (const id of ['ada', 'ben']) {
        await click(id, shop.url('/good?utm_source=a'));
        await click(id, shop.url('/also-good'));
        await click(id, shop.url('/unsubscribe'));
        await click(id, shop.url('/also-good?old'), T0 - 31 * DAY);
      }
      await click('ben', shop.url('/good?utm_source=a'), T0 - DAY);
      for (let n = 0; n < 3; n++) await click('cleo', shop.url('/lost'), T0 - n * DAY);
      await turnout.must('PUT', '/v1/ctas/cart', { patterns: [{ path: '/good' }] });
      await turnout.must('PUT', '/v1/ctas/other', { patterns: [{ path: '/also-good' }] });
      await turnout.must('PUT', '/v1/segments/carted', { rule: { performed: 'click', where: { cta: 'cart' } } });
      const branchPoints = {
        first: { branches: [{ key: 'a', segment: 'carted' }], default: 'b', whenPending: 'wait' },
      };
      await turnout.must('PUT', '/v1/journeys/winback', { branchPoints });
      await turnout.must('PUT', '/v1/link-domains/go.shop.invalid', { allowedHosts: ['shop.invalid'] });
      const utm = { utm_campaign: 'x' };
      await turnout.must('POST', '/v1/links', {
        links: [
          { domain: 'go.shop.invalid', cta: 'cart', destination: 'https://shop.invalid/good', utm },
          { domain: 'go.shop.invalid', cta: 'cart', destination: 'https://shop.invalid/good?email=ada', utm },
        ],
      });
      await turnout.settle();
    });

    const tracked = ['https://shop.invalid/good?utm_campaign=x', 'cart', 'link'];
    const carted = () => [shop.url('/good?utm_source=a'), 'cart', 'clicks'];
    const other = () => [shop.url('/also-good'), 'other', 'clicks'];

    it('follow what two people clicked lately, and where tracked links lead; never what is somebody’s own', async () => {
      expect(await live({})).toEqual([carted(), other(), tracked]);
      expect(await live({ days: 40 })).toEqual([carted(), other(), [shop.url('/also-good?old'), 'other', 'clicks'], tracked]); // prettier-ignore
      expect(shop.asked).not.toContain('/unsubscribe');
    });

    it('follow those of a call to action, or of those that a journey rests on', async () => {
      expect(await live({ cta: 'other' })).toEqual([other()]);
      expect(await live({ journey: 'winback' })).toEqual([carted(), tracked]);
    });

    it('come by themselves, once an interval', async () => {
      const due = async () => {
        const { runs } = await turnout.must('GET', RUNS);
        return (runs as JsonObject[]).filter((run) => run['subject'] === 'due').map((run) => run['counts'].links);
      };
      expect(await due()).toEqual([0]);
      await database.setClock(T0 + DAY - 1);
      await over((await turnout.must('POST', RUNS, { urls: [shop.url('/good')] }))['id'] as string);
      expect(await due()).toEqual([0]);
      await database.setClock(T0 + DAY);
      while ((await due()).length === 1) await new Promise((resolve) => setTimeout(resolve, 20));
      await turnout.settle();
      expect(await due()).toEqual([3, 0]);
    });

    it.each([
      ['an unknown CTA', { cta: 'nowhere' }, '/live/cta'],
      ['an unknown journey', { journey: 'nowhere' }, '/live/journey'],
      ['both', { cta: 'cart', journey: 'winback' }, '/live/journey'],
      ['days that are none', { days: 0 }, '/live/days'],
    ])('are refused for %s', async (_what, of, pointer) => {
      const { status, body } = await turnout.call('POST', RUNS, { live: of });
      expect([status, (body['errors'] as JsonObject[])[0]!['pointer']]).toEqual([400, pointer]);
    });
  });

  it.each([
    ['nothing', {}, '/urls'],
    ['both', { urls: ['https://a.example/'], template: '' }, '/urls'],
    ['no links', { urls: [] }, '/urls'],
    ['a value that is no text', { template: '<a href="{{ a }}">', values: { a: 1 } }, '/values/a'],
    ['too many links', { template: '<a href="https://a.example">'.repeat(1_001) }, '/template'],
    ['an unknown client', { urls: ['https://a.example/'], clients: ['telnet'] }, '/clients'],
    ['a name that can not be printed', { urls: ['https://a.example/'], name: 'a\u0000' }, '/name'],
  ])('refuse %s', async (_what, body, pointer) => {
    const { status, body: problem } = await turnout.call('POST', RUNS, body);
    expect([status, (problem['errors'] as JsonObject[])[0]!['pointer']]).toEqual([400, pointer]);
  });

  it('are not found where there is none', async () => {
    for (const id of ['x', '999999', '9'.repeat(30)]) {
      expect((await turnout.call('GET', `${RUNS}/${id}`)).status).toBe(404);
    }
  });
});
