import { readFileSync } from 'node:fs';
import { DAY, T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { fencesIn } from '../support/doc-examples.js';
import { fact, take } from '../support/facts.js';
import { counted } from '../support/link-figures.js';
import { TestTurnout, type JsonObject } from '../support/turnout.js';

const MARCH = 'period=month&from=2026-03-01&to=2026-04-01';
const FENCES = fencesIn(readFileSync('docs/link-reports.md', 'utf8'));

interface ToldEvent extends JsonObject {
  who: string;
  name: string;
  at: string;
}

describe('reports on links, by what docs/link-reports.md tells', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.setClock(T0 + 20 * DAY);
    turnout = await TestTurnout.start(database);
    for (const key of ['cart', 'story']) {
      await turnout.must('PUT', `/v1/ctas/${key}`, { kind: key, patterns: [{ path: `/${key}` }] });
    }
    const events = JSON.parse(FENCES.find(({ info }) => info === 'json events')!.text) as ToldEvent[];
    await take(turnout, ...events.map(told));
    await counted(turnout, database);
  });

  afterAll(async () => {
    await turnout.stop();
    await database.drop();
  });

  function told({ who, name, at, ...properties }: ToldEvent) {
    const isMessage = name === 'click' || name === 'email_delivered';
    const message = isMessage && {
      campaign_id: 7,
      action_id: 61,
      delivery_id: `to-${who}`,
      channel: 'email',
      template: 'hello',
    };
    return fact(name, Date.parse(at), `customer_id=${who}`, { ...message, ...properties });
  }

  const get = async (path: string) => {
    const response = await fetch(turnout.url + path, { headers: { authorization: turnout.authorization } });
    return { type: response.headers.get('content-type'), text: await response.text() };
  };

  it('answers what the document says', async () => {
    const calls = FENCES.filter(({ info }) => info === 'http' || info === 'json answer');
    expect(calls.length).toBeGreaterThan(3);
    let answer: JsonObject = {};
    for (const { info, text, title } of calls) {
      if (info === 'http') answer = await turnout.must('GET', text.split(' ')[1]!);
      else expect({ title, ...answer }).toMatchObject({ title, ...(JSON.parse(text) as object) });
    }
  });

  it('is by anything else, too, in weeks and in days', async () => {
    const value = { campaign: 'campaign_id:7' };
    const { rows } = await turnout.must(
      'GET',
      `/v1/link-reports?by=campaign&period=week&from=2026-03-02&to=2026-03-09`,
    );
    expect(rows).toMatchObject([{ value, clickers: 2, clickDays: 3, deliveries: 4, clickedDeliveries: 2 }]);
    const daily = await turnout.must(
      'GET',
      '/v1/link-reports?by=cta_template&template=hello&from=2026-03-04&to=2026-03-05',
    );
    expect(daily.rows).toMatchObject([{ value: { cta: 'cart', template: 'hello' }, clickers: 1, deliveries: null }]);
    const first = await turnout.must('GET', `/v1/link-reports?by=total&${MARCH}&window=14d&attribution=first`);
    expect(first.rows).toMatchObject([{ value: {}, clickDays: 3, purchase: { count: 2, days: 2, halfWithin: null } }]);
  });

  it('is CSV, with a line for each further currency', async () => {
    const { type, text } = await get(`/v1/link-reports?by=cta&${MARCH}&format=csv`);
    expect(type).toBe('text/csv; charset=utf-8');
    const [header, cart, usd, story, end] = text.split('\r\n');
    expect(header).toMatch(/^period,cta,human,suspect,machine,clickers,deliveries,clicked_deliveries,click_rate,/);
    expect(cart).toMatch(
      /^2026-03-01,cart,2,0,1,2,4,2,0.5,0\.15\d+,0\.84\d+,2,1,1,.*,2,2,1,.*,219600000,1d,0,0,0,EUR,40\.00$/,
    );
    expect(usd).toMatch(/^2026-03-01,cart,,+,USD,20\.00$/);
    expect(story).toMatch(/^2026-03-01,story,1,/);
    expect(end).toBe('');
    expect(new Set([header, cart, usd, story].map((line) => line!.split(',').length)).size).toBe(1);
  });

  it('is a page, and so is a comparison, which is CSV, too', async () => {
    const page = await get(`/v1/link-reports?by=cta&${MARCH}&format=html`);
    expect(page.type).toBe('text/html; charset=utf-8');
    expect(page.text).toContain('<td>40.00 EUR, 20.00 USD</td>');
    const compared = `/v1/link-reports/comparison?primary=cart&secondary=story&${MARCH}`;
    expect((await get(`${compared}&format=html`)).text).toContain('<title>cart beside story</title>');
    const { text } = await get(`${compared}&format=csv`);
    expect(text).toMatch(
      /\r\ntemplate,hello,,clickRate,2,4,0\.5,[\d.]+,[\d.]+,1,4,0\.25,[\d.]+,[\d.]+,0\.25,-[\d.]+,[\d.]+\r\n/,
    );
    const refused = await turnout.call('GET', '/v1/link-reports/comparison?primary=carts&secondary=carts&from=2026');
    expect(refused.body.errors).toMatchObject([
      { pointer: '/primary', detail: 'there is no CTA "carts"', expected: 'one of cart, story' },
      { pointer: '/secondary', detail: 'there is no CTA "carts"' },
      { pointer: '/secondary', detail: 'it is the primary CTA itself' },
      { pointer: '/from', detail: 'no day of the calendar' },
    ]);
  });

  it('says of a wrong question all that is wrong and what would be right', async () => {
    const refused = await turnout.call(
      'GET',
      '/v1/link-reports?by=cta&link=x&period=week&from=2026-03-04&to=2026-02-30',
    );
    expect(refused.status).toBe(400);
    expect(refused.body.errors).toEqual([
      { pointer: '/link', detail: expect.any(String), expected: 'none, or "by=link"' },
      { pointer: '/to', detail: 'no day of the calendar', expected: 'the first day of a week (UTC)' },
      {
        pointer: '/from',
        detail: 'in the middle of a week',
        expected: 'the first day of a week (UTC), such as "2026-03-02"',
      },
    ]);
    const wrong = await turnout.call('GET', '/v1/link-reports?window=8w&from=2026-03-04&to=2026-03-04');
    expect(wrong.body.errors).toMatchObject([{ pointer: '/window' }]);
    const empty = await turnout.call('GET', '/v1/link-reports?from=2026-03-04&to=2026-03-04');
    expect(empty.body.errors).toMatchObject([{ pointer: '/from', detail: 'it is not before "to"' }]);
  });
});
