import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { DAY, HOUR, T0 } from '../support/builders.js';
import { inconsistencies } from '../support/consistency.js';
import { SIGNING_KEY, TestTurnout, type JsonObject } from '../support/turnout.js';
import { customerioWebhook, type CustomerioWebhook } from '../support/webhooks.js';

const REFILL = { performed: 'click', where: { cta: 'refill' } };
const REFILL_LINKS = { kind: 'reorder', patterns: [{ path: '/refill/*' }] };

describe('when what clicks are is declared anew', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database);
  });

  afterEach(async () => {
    await turnout.stop();
    await database.drop();
  });

  const click = async (id: string, path: string, more: Partial<CustomerioWebhook> = {}) => {
    const href = `https://shop.example${path}`;
    const data = { delivery_id: `d${id}`, ...more.data };
    const sent = customerioWebhook({ secret: SIGNING_KEY, at: T0, href, identifiers: { id }, ...more, data });
    expect((await turnout.send(sent)).body).toMatchObject({ status: 'stored' });
  };

  const members = async (segment: string) => {
    const found = (await turnout.must('GET', `/v1/segments/${segment}/members`)).members as JsonObject[];
    return found.map(({ identifiers }) => (identifiers as JsonObject).customer_id as string).sort();
  };

  /** Under which revision each was last evaluated: who was passed over has an older one. */
  const revisions = async () => {
    const { rows } = await database.pool.query<{ value: string; evaluated_revision: string }>(
      `SELECT value, evaluated_revision FROM profiles JOIN identifiers ON profile_id = profiles.id
        WHERE kind = 'customer_id' ORDER BY value`,
    );
    return new Map(rows.map((row) => [row.value, Number(row.evaluated_revision)]));
  };

  it('only those are looked at again whose clicks can be touched, and they follow', async () => {
    await turnout.must('PUT', '/v1/segments/refill', { rule: REFILL });
    await click('1', '/refill/beans');
    await click('2', '/cart');
    await click('3', '/about');
    await turnout.settle();
    const before = await revisions();
    await database.setClock(T0 + HOUR);
    await turnout.must('PUT', '/v1/ctas/refill', REFILL_LINKS);
    await turnout.settle();
    expect(await members('refill')).toEqual(['1']);
    const after = await revisions();
    expect([...after].filter(([id, revision]) => revision !== before.get(id)).map(([id]) => id)).toEqual(['1']);
    expect(await turnout.must('GET', '/v1/ctas/reclassification')).toMatchObject({
      isRunning: false,
      changes: [
        {
          about: 'cta refill',
          clicks: { done: 3, total: 3 },
          profilesTouched: 1,
          finishedAt: new Date(T0 + HOUR).toISOString(),
          expectedAt: null,
        },
      ],
    });
    // The clicks of the old patterns are touched by a change as well as those of the new ones.
    await database.setClock(T0 + DAY);
    await turnout.must('PUT', '/v1/ctas/refill', { patterns: [{ path: '/cart' }] });
    await turnout.settle();
    expect(await members('refill')).toEqual(['2']);
    await turnout.must('PUT', '/v1/ctas/refill', { patterns: [{ path: '/nowhere' }] });
    await turnout.settle();
    expect(await members('refill')).toEqual([]);
    const { transitions } = await turnout.must('GET', '/v1/profiles/customer_id:1');
    expect(transitions).toMatchObject([
      { kind: 'entered', cause: 'catalogue', at: new Date(T0 + HOUR).toISOString() },
      { kind: 'exited', cause: 'catalogue', at: new Date(T0 + DAY).toISOString() },
    ]);
  });

  it('a pattern that asks for a message finds the clicks of that message', async () => {
    await turnout.must('PUT', '/v1/segments/refill', { rule: REFILL });
    await click('1', '/x', { data: { campaign_id: 8, link_id: 2 } });
    await click('2', '/x', { data: { campaign_id: 7, link_id: 2 } });
    await turnout.settle();
    await turnout.must('PUT', '/v1/ctas/refill', { patterns: [{ message: { campaign_id: 8 }, link_id: 2 }] });
    await turnout.settle();
    expect(await members('refill')).toEqual(['1']);
  });

  it('nobody is missed while clicks come in', async () => {
    await turnout.must('PUT', '/v1/segments/refill', { rule: REFILL });
    const people = Array.from({ length: 40 }, (_, index) => String(index + 1));
    const work = people.map((id) => () => click(id, '/refill/beans', { at: T0 - Number(id) * 1_000 }));
    const change = [REFILL_LINKS, { patterns: [{ path: '/nothing' }] }, REFILL_LINKS].map(
      (body) => () => turnout.must('PUT', '/v1/ctas/refill', body),
    );
    await Promise.all([
      ...work.slice(0, 20).map((one) => one()),
      ...change.slice(0, 2).map((one) => one()),
      ...work.slice(20).map((one) => one()),
    ]);
    await change[2]!();
    await turnout.settle();
    expect(await members('refill')).toEqual([...people].sort());
    expect(await inconsistencies(database.pool, { refill: REFILL })).toEqual({ unreplayed: 0, wrong: [] });
  });

  it('settings of click classes hold for the past, and for those who clicked alone', async () => {
    const rule = { performed: 'click', within: '30d' };
    await turnout.must('PUT', '/v1/segments/clicked', { rule });
    const standard = await turnout.must('GET', '/v1/click-classes/settings');
    expect(standard).toEqual({
      machineAfterDelivery: '2s',
      suspectAfterDelivery: '10s',
      burstLinks: 3,
      burstWithin: '10s',
      pairWithin: '2s',
      honeypotWithin: '60s',
    });
    await click('1', '/a');
    await click('1', '/b', { at: T0 + 3_000 });
    await click('2', '/a');
    await turnout.settle();
    expect(await members('clicked')).toEqual(['1', '2']);
    await database.setClock(T0 + HOUR);
    await turnout.settle(); // the second click has come
    const changed = await turnout.must('PUT', '/v1/click-classes/settings', { burstLinks: 2, burstWithin: '5s' });
    expect(changed).toEqual({ ...standard, burstLinks: 2, burstWithin: '5s' });
    await turnout.settle();
    expect(await members('clicked')).toEqual(['2']);
    await turnout.must('PUT', '/v1/click-classes/settings', { burstLinks: 2, burstWithin: '0s' });
    await turnout.settle();
    expect(await members('clicked')).toEqual(['1', '2']);
    const { transitions } = await turnout.must('GET', '/v1/profiles/customer_id:1');
    expect((transitions as JsonObject[]).map(({ kind, cause }) => [kind, cause])).toEqual([
      ['entered', 'event'],
      ['exited', 'catalogue'],
      ['entered', 'catalogue'],
    ]);
    const wrong = { burstLinks: 1, burstWithin: '2h', pairWithin: 3, nope: 1 };
    const answer = await turnout.call('PUT', '/v1/click-classes/settings', wrong);
    expect(answer.status).toBe(400);
    expect((answer.body.errors as JsonObject[]).map(({ pointer }) => pointer as string).sort()).toEqual([
      '/burstLinks',
      '/burstWithin',
      '/nope',
      '/pairWithin',
    ]);
  });

  it('settings under which nothing would be suspect are refused, unless that is what they say', async () => {
    const put = (body: JsonObject) => turnout.call('PUT', '/v1/click-classes/settings', body);
    const answer = await put({ machineAfterDelivery: '10s' });
    expect([answer.status, (answer.body.errors as JsonObject[])[0]!.pointer]).toEqual([400, '/suspectAfterDelivery']);
    expect((await put({ machineAfterDelivery: '10s', suspectAfterDelivery: '0s' })).status).toBe(200);
    expect((await put({ machineAfterDelivery: '10s', suspectAfterDelivery: '11s' })).status).toBe(200);
  });

  it('clicks that no pattern matches are listed by frequency, with a pattern that does', async () => {
    await turnout.must('PUT', '/v1/ctas/refill', REFILL_LINKS);
    await click('1', '/refill/beans');
    for (const id of ['1', '2', '3']) await click(id, `/orders/${id}00042/again?UTM_Content=again&token=${id}`);
    await click('4', '/about?gclid=1', { at: T0 - DAY });
    await click('5', '/about/', { at: T0 - 2 * DAY });
    await click('6', '/old', { at: T0 - 7 * DAY });
    await click('7', '/x', { href: 'mailto:ada@example.com' });
    await click('8', '/x', { href: 'no link' });
    const answer = await turnout.must('GET', '/v1/ctas/unmatched');
    // The only pattern that finds it would find every link.
    const mail = { link: 'mailto:…', clicks: 1, lastAt: new Date(T0).toISOString(), suggestion: null };
    expect(answer).toEqual({
      since: new Date(T0 - 7 * DAY).toISOString(),
      clicks: 8,
      unmatched: 7,
      withoutLink: 1,
      isComplete: true,
      links: [
        {
          link: 'https://shop.example/orders/*/again?token=…&utm_content=again',
          clicks: 3,
          lastAt: new Date(T0).toISOString(),
          suggestion: { host: 'shop.example', path: '/orders/*/again', query: { utm_content: 'again' } },
        },
        {
          link: 'https://shop.example/about',
          clicks: 2,
          lastAt: new Date(T0 - DAY).toISOString(),
          suggestion: { host: 'shop.example', path: '/about' },
        },
        mail,
      ],
    });
    for (const [index, { suggestion }] of (answer.links as JsonObject[]).entries()) {
      if (suggestion !== null) await turnout.must('PUT', `/v1/ctas/new-${index}`, { patterns: [suggestion] });
    }
    const older = { link: 'https://shop.example/old', suggestion: { host: 'shop.example', path: '/old' } };
    expect((await turnout.must('GET', '/v1/ctas/unmatched?days=90')).links).toMatchObject([older, mail]);
    expect((await turnout.call('GET', '/v1/ctas/unmatched?days=91')).status).toBe(400);
    expect((await turnout.call('PUT', '/v1/ctas/unmatched', REFILL_LINKS)).status).toBe(400);
  });

  it('the report counts every click by its class as of now, by day and message', async () => {
    const scanned = { delivery_id: 'scanned', campaign_id: 8 };
    for (const path of ['/a', '/b', '/c']) await click('1', path, { data: scanned });
    await click('1', '/a', { at: T0 + 60_000, data: scanned });
    // Around midnight: what tells of a click can lie on the day before.
    await click('2', '/a', { at: T0 - 1_000 });
    await click('2', '/b', { at: T0 });
    await click('3', '/a', { at: T0 - 1_000, data: { campaign_id: undefined } });
    await database.setClock(T0 + HOUR);
    const path = `/v1/click-classes/report?from=${new Date(T0 - DAY).toISOString()}`;
    expect(await turnout.must('GET', path)).toMatchObject({
      total: { human: 2, suspect: 2, machine: 3, machineShare: 0.4286 },
      reasons: { many_links_at_once: 3, two_links_at_once: 2 },
      rows: [
        { day: '2026-02-28', message: 'campaign_id:7', human: 0, suspect: 1, machine: 0, machineShare: 0 },
        { day: '2026-02-28', message: null, human: 1, suspect: 0, machine: 0, machineShare: 0 },
        { day: '2026-03-01', message: 'campaign_id:7', human: 0, suspect: 1, machine: 0, machineShare: 0 },
        { day: '2026-03-01', message: 'campaign_id:8', human: 1, suspect: 0, machine: 3, machineShare: 0.75 },
      ],
    });
    // A delivery that is told of late changes it at once.
    const late = { at: T0 - 2_000, metric: 'delivered', identifiers: { id: '2' }, data: { delivery_id: 'd2' } };
    await turnout.send(customerioWebhook({ secret: SIGNING_KEY, ...late }));
    expect(await turnout.must('GET', path)).toMatchObject({ total: { human: 2, suspect: 0, machine: 5 } });
    const csv = await fetch(`${turnout.url}${path}&format=csv`, { headers: { authorization: turnout.authorization } });
    expect(csv.headers.get('content-type')).toContain('text/csv');
    expect(await csv.text()).toBe(
      [
        'day,message,human,suspect,machine,machine_share',
        '2026-02-28,campaign_id:7,0,0,1,1',
        '2026-02-28,,1,0,0,0',
        '2026-03-01,campaign_id:7,0,0,1,1',
        '2026-03-01,campaign_id:8,1,0,3,0.75',
        '',
      ].join('\r\n'),
    );
    const tooLong = await turnout.call('GET', '/v1/click-classes/report?from=2026-01-01&to=2026-03-01');
    expect(tooLong).toMatchObject({ status: 400, body: { errors: [{ pointer: '/from' }] } });
    expect((await turnout.call('GET', '/v1/click-classes/report?from=soon')).status).toBe(400);
  });
});
