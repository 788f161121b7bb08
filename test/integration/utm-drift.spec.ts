import { DAY, HOUR, T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { SIGNING_KEY, TestTurnout, type JsonObject } from '../support/turnout.js';
import { customerioWebhook } from '../support/webhooks.js';

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
});
