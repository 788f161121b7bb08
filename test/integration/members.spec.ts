import { DAY, HOUR, T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { SIGNING_KEY, TestTurnout } from '../support/turnout.js';
import { customerioWebhook } from '../support/webhooks.js';

const ODD = 'b,"2"';
const at = (ms: number) => new Date(T0 + ms).toISOString();

describe('members of a segment', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  /** 1 and 2 click at the beginning, 3 a day later; the window is two days, and later one. */
  beforeAll(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database);
    await turnout.must('PUT', '/v1/segments/clicked', { rule: { performed: 'click', within: '2d' } });
    await click('1', 0);
    await click(ODD, 0);
    await turnout.settle();
    await database.setClock(T0 + DAY + HOUR);
    await click('3', DAY + HOUR);
    await turnout.settle();
  });

  afterAll(async () => {
    await turnout.stop();
    await database.drop();
  });

  const click = (id: string, ms: number) =>
    turnout.send(customerioWebhook({ secret: SIGNING_KEY, at: T0 + ms, identifiers: { id } }));

  const get = (path: string) => turnout.must('GET', `/v1/segments/clicked/${path}`);

  async function file(name: string): Promise<{ type: string | null; lines: string[] }> {
    const { key } = turnout as unknown as { key: string };
    const answer = await fetch(`${turnout.url}/v1/segments/clicked/${name}`, {
      headers: { authorization: `Bearer ${key}` },
    });
    return { type: answer.headers.get('content-type'), lines: (await answer.text()).trim().split(/\r?\n/) };
  }

  it('come page by page, each with the instant at which it leaves', async () => {
    const first = await get('members?limit=2');
    expect(first.members).toMatchObject([
      { identifiers: { customer_id: '1' }, since: at(0), leavesAt: at(2 * DAY), version: 1 },
      { identifiers: { customer_id: ODD }, since: at(0), leavesAt: at(2 * DAY), version: 1 },
    ]);
    const second = await get(`members?limit=2&after=${first.next as string}`);
    expect(second.members).toMatchObject([{ identifiers: { customer_id: '3' }, leavesAt: at(3 * DAY + HOUR) }]);
    expect(second.next).toBeNull();
    expect((await turnout.call('GET', '/v1/segments/clicked/members?after=x')).status).toBe(400);
  });

  it('come as a file: CSV as spreadsheets quote it, or JSON by the line', async () => {
    const csv = await file('members.csv');
    expect(csv.type).toContain('text/csv');
    expect(csv.lines).toHaveLength(4);
    expect(csv.lines[0]).toMatch(/^profile_id,customer_id,cio_id,.*email.*,since,leaves_at$/);
    expect(csv.lines[2]).toContain(`,"b,""2""",`);
    expect(csv.lines[1]).toMatch(new RegExp(`,${at(0)},${at(2 * DAY)}$`));
    const ndjson = await file('members.ndjson');
    expect(ndjson.type).toContain('application/x-ndjson');
    expect(ndjson.lines.map((line) => (JSON.parse(line) as { identifiers: object }).identifiers)).toMatchObject([
      { customer_id: '1' },
      { customer_id: ODD },
      { customer_id: '3' },
    ]);
    expect((await turnout.call('GET', '/v1/segments/nope/members.csv')).status).toBe(404);
  });

  it('of a profile, every entry and exit is told, and why it was in at an instant of the past, by the rule of then', async () => {
    await database.setClock(T0 + DAY + 2 * HOUR);
    await turnout.must('PUT', '/v1/segments/clicked', { rule: { performed: 'click', within: '1d' } });
    await turnout.settle();
    const path = 'profiles/customer_id:1';
    expect((await get(`${path}/transitions`)).transitions).toMatchObject([
      { kind: 'entered', at: at(0), version: 1, cause: 'event' },
      { kind: 'exited', at: at(DAY + 2 * HOUR), version: 2, cause: 'rule' },
    ]);
    expect(await get(path)).toMatchObject({ version: 2, isMember: false });
    expect(await get(`${path}?at=${at(DAY + 2 * HOUR - 1)}`)).toMatchObject({
      ...{ version: 1, isMember: true, asOf: at(DAY + 2 * HOUR - 1), changesAt: at(2 * DAY) },
      because: { condition: 'did "click" in the last 2 days', evidence: [expect.any(String)] },
    });
    expect(await get(`${path}?at=${at(DAY + 2 * HOUR)}`)).toMatchObject({ version: 2, isMember: false });
    expect((await turnout.call('GET', `/v1/segments/clicked/${path}?at=${at(-1)}`)).status).toBe(404);
    expect((await turnout.call('GET', `/v1/segments/clicked/${path}?at=${at(90 * DAY)}`)).body.errors).toMatchObject([
      { pointer: '/at', detail: 'the instant is yet to come' },
    ]);
  });

  it('are counted by the hour, and by the days of a time zone', async () => {
    const hours = await get(`activity?unit=hour&from=${at(0)}&to=${at(DAY + 3 * HOUR)}`);
    expect(hours.size).toBe(1);
    expect(hours.spans).toHaveLength(27);
    const told = (hours.spans as { at: string; entered: number; exited: number; size: number }[]).filter(
      (one) => one.entered + one.exited > 0,
    );
    expect(told).toEqual([
      { at: at(0), entered: 2, exited: 0, size: 2 },
      { at: at(DAY + HOUR), entered: 1, exited: 0, size: 3 },
      { at: at(DAY + 2 * HOUR), entered: 0, exited: 2, size: 1 },
    ]);
    // In Auckland 2026-03-01T00:00Z is one in the afternoon.
    const days = await get(`activity?from=${at(-DAY)}&to=${at(2 * DAY)}&timeZone=Pacific/Auckland`);
    expect(days.spans).toEqual([
      { at: at(-35 * HOUR - 2 * HOUR), entered: 0, exited: 0, size: 0 },
      { at: at(-13 * HOUR), entered: 2, exited: 0, size: 2 },
      { at: at(11 * HOUR), entered: 1, exited: 2, size: 1 },
      { at: at(35 * HOUR), entered: 0, exited: 0, size: 1 },
    ]);
    const refused = await turnout.call('GET', '/v1/segments/clicked/activity?timeZone=Mars');
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer: '/timeZone' }] } });
    const endless = await turnout.call('GET', `/v1/segments/clicked/activity?unit=hour&from=${at(-99 * DAY)}`);
    expect(endless.body.errors).toMatchObject([{ pointer: '/from' }]);
  });

  it('days are as long as the clock makes them', async () => {
    // On 2026-03-29 in Berlin a day has 23 hours.
    const days = await get(`activity?from=${at(27 * DAY)}&to=${at(30 * DAY)}&timeZone=Europe/Berlin`);
    expect((days.spans as { at: string }[]).map((one) => one.at)).toEqual([
      ...['2026-03-27T23:00:00.000Z', '2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z'],
      '2026-03-30T22:00:00.000Z',
    ]);
  });

  it('what a rule needs and who needs it is told, and kept; what looks like a mistake is said', async () => {
    await turnout.must('PUT', '/v1/ctas/cart', { patterns: [{ path: '/cart' }] });
    const rule = {
      all: [
        { performed: 'click', where: { cta: { in: ['cart', 'sale'] } } },
        { segment: 'clicked' },
        { not: { performed: 'quiz_done' } },
      ],
    };
    const published = await turnout.must('PUT', '/v1/segments/parent', { rule });
    const warnings = [
      'no event "quiz_done" has ever come in',
      'there is no CTA "sale" in the catalogue',
      'none of the 3 newest clicks of the last 30 days carried the CTA "cart"',
    ];
    expect(published.warnings).toEqual(warnings);
    expect(await turnout.must('GET', '/v1/segments/parent/dependencies')).toMatchObject({
      needs: {
        segments: ['clicked'],
        ctas: ['cart', 'sale'],
        events: [
          { event: 'click', source: 'customerio' },
          { event: 'quiz_done', source: null },
        ],
        sources: ['customerio'],
      },
      neededBy: [],
      warnings,
    });
    // What the segments that it names rest on, it rests on, too.
    await turnout.must('PUT', '/v1/segments/above', { rule: { not: { segment: 'parent' } } });
    expect((await turnout.must('GET', '/v1/segments/above/dependencies')).needs).toMatchObject({
      ...{ segments: ['clicked', 'parent'], ctas: ['cart', 'sale'], sources: ['customerio'] },
    });
    await turnout.must('DELETE', '/v1/segments/above');
    // Who never clicked can't be told by what is known since yesterday.
    const absent = { not: { performed: 'click', within: '30d' } };
    expect((await turnout.must('PUT', '/v1/segments/same', { rule: absent })).warnings).toEqual([
      expect.stringMatching(
        /^"click" is known completely only since 2026-.*, and the rule looks back further: .*PUT \/v1\/sources\/customerio\/history$/,
      ),
    ]);
    await turnout.must('PUT', '/v1/sources/customerio/history', { startsAt: '2020-01-01' });
    expect((await turnout.must('GET', '/v1/segments/same/dependencies')).warnings).toEqual([]);
    // Everybody who clicked would be taken for somebody who did not buy.
    const compared = (same: string) => ({
      not: { performed: 'click', notFollowedBy: { performed: 'quiz_done', within: '3d', same: [same] } },
    });
    const carried = [
      warnings[0],
      'none of the 3 newest clicks of the last 30 days carried "cart_token": nothing counts as following a click without it',
    ];
    expect((await turnout.must('PUT', '/v1/segments/same', { rule: compared('cart_token') })).warnings).toEqual(
      carried,
    );
    expect((await turnout.must('PUT', '/v1/segments/same', { rule: compared('href') })).warnings).toEqual([
      warnings[0],
    ]);
    const branches = [{ key: 'a', rule: { performed: 'click', where: { cta: 'cart' } } }];
    const odd = {
      branches: [
        { key: 'c', rule: { performed: 'quiz_done' } },
        { key: 'd', segment: 'clicked' },
      ],
      default: 'b',
    };
    const declared = await turnout.must('PUT', '/v1/journeys/welcome', {
      branchPoints: { fork: { branches, default: 'b' }, odd },
    });
    expect(declared.warnings).toEqual([`branch "a" of "fork": ${warnings[2]}`, `branch "c" of "odd": ${warnings[0]}`]);
    expect((await turnout.must('GET', '/v1/journeys/welcome')).warnings).toEqual(declared.warnings);
    expect((await get('dependencies')).neededBy).toEqual(['segment "parent"', 'journey "welcome"']);
    const refused = await turnout.call('DELETE', '/v1/ctas/cart');
    expect(refused).toMatchObject({ status: 409 });
    expect(refused.body.detail).toContain('needed by segment "parent", journey "welcome"');
    expect((await turnout.must('GET', '/v1/ctas/cart')).key).toBe('cart');
    await turnout.must('DELETE', '/v1/segments/parent');
    branches[0]!.rule = { performed: 'click' } as never;
    await turnout.must('PUT', '/v1/journeys/welcome', { branchPoints: { fork: { branches, default: 'b' } } });
    expect((await turnout.call('DELETE', '/v1/ctas/cart')).status).toBe(204);
  });
});
