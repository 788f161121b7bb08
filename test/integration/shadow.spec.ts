import { DAY, HOUR, T0 } from '../support/builders.js';
import { startCustomerioServer, type CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { SHOPIFY_SECRET, SIGNING_KEY, TestTurnout, type JsonObject } from '../support/turnout.js';
import { customerioWebhook, shopifyWebhook } from '../support/webhooks.js';

const WIDE = { performed: 'click', within: '30d' };
const NARROW = { performed: 'click', within: '2d' };
const at = (ms: number) => new Date(T0 + ms).toISOString();

describe('an edit of a segment, looked at before it is in force', () => {
  let database: TestDatabase;
  let customerio: CustomerioServer;
  let turnout: TestTurnout;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    customerio = await startCustomerioServer();
    turnout = await TestTurnout.start(database, customerio);
    for (const id of ['1', '2', '3']) customerio.seedPerson({ id, cio_id: `c${id}` });
    for (const id of [7, 8]) customerio.seedSegment({ id, name: `s${id}`, type: 'manual' });
  });

  afterEach(async () => {
    await turnout.stop();
    await customerio.stop();
    await database.drop();
  });

  const click = (id: string, ms: number) =>
    turnout.send(customerioWebhook({ secret: SIGNING_KEY, at: T0 + ms, identifiers: { id } }));

  const to = (segmentId: number) => ({ push: { customerio: { segmentId } } });

  /** One who clicked long ago, one who did lately, and one who only bought. */
  async function threePeople(): Promise<void> {
    await click('1', 0);
    await database.setClock(T0 + 3 * DAY);
    await click('2', 3 * DAY);
    await turnout.send(
      shopifyWebhook('orders/create', {
        ...{ secret: SHOPIFY_SECRET, at: T0 + 3 * DAY, orderId: 5, customerId: 9, email: 'buyer@example.com' },
      }),
    );
    await turnout.settle();
  }

  async function shadow(key = 'clicked'): Promise<JsonObject> {
    await turnout.must('POST', `/v1/segments/${key}/shadow`);
    await turnout.settle();
    return turnout.must('GET', `/v1/segments/${key}/shadow`);
  }

  const draft = (rule: unknown, more: object = {}, key = 'clicked') =>
    turnout.must('PUT', `/v1/segments/${key}/draft`, { rule, ...more });

  const publish = (body: object = {}, key = 'clicked') => turnout.call('POST', `/v1/segments/${key}/publish`, body);

  const idsOf = (samples: { identifiers: Record<string, string> }[]) =>
    samples.map((one) => one.identifiers.customer_id ?? one.identifiers.email).sort();

  it('changes nothing until it is published, and then does what the shadow said', async () => {
    await turnout.must('PUT', '/v1/segments/clicked', { rule: WIDE, ...to(7) });
    await threePeople();
    expect(await draft(NARROW, to(7))).toMatchObject({ inForce: 1, changes: [expect.stringContaining('2 days')] });
    const seen = await shadow();
    expect(seen).toMatchObject({
      ...{ state: 'done', enter: 0, leave: 1, stay: 1, asOf: at(3 * DAY) },
      progress: { done: 3, of: 3, share: 1, secondsLeft: 0 },
      pushes: [{ destination: 'customerio', segmentId: '7', add: 0, remove: 1 }],
    });
    expect(idsOf(seen.samples.leave)).toEqual(['1']);
    expect(idsOf(seen.samples.stay)).toEqual(['2']);
    expect(seen.samples.leave[0].because).toMatchObject({
      value: 'false',
      condition: expect.stringContaining('2 days'),
    });
    expect(customerio.segmentMembers(7).sort()).toEqual(['1', '2']);
    expect((await turnout.must('GET', '/v1/segments/clicked')).version).toBe(1);

    expect(await publish()).toMatchObject({ status: 200, body: { version: 2, rule: NARROW } });
    await turnout.settle();
    expect(customerio.segmentMembers(7)).toEqual(['2']);
    expect((await turnout.call('GET', '/v1/segments/clicked/draft')).status).toBe(404);
  });

  it('shows who would enter, those without any click included, and for a new segment everybody in it', async () => {
    await threePeople();
    await draft({ not: { performed: 'click', within: '7d' } }, to(8), 'quiet');
    expect(await shadow('quiet')).toMatchObject({ enter: 0, leave: 0, stay: 0 });
    await turnout.must('PUT', '/v1/sources/customerio/history', { startsAt: at(-30 * DAY) });
    const seen = await shadow('quiet');
    expect(seen).toMatchObject({
      enter: 1,
      leave: 0,
      stay: 0,
      pushes: [{ destination: 'customerio', segmentId: '8', add: 1, remove: 0 }],
    });
    expect(idsOf(seen.samples.enter)).toEqual(['buyer@example.com']);
    expect((await turnout.call('GET', '/v1/segments/quiet')).status).toBe(404);
    expect(await publish({}, 'quiet')).toMatchObject({ status: 200, body: { version: 1 } });
  });

  it('shows what becomes of segments and journeys that rest on it', async () => {
    await turnout.must('PUT', '/v1/segments/clicked', { rule: WIDE });
    await turnout.must('PUT', '/v1/segments/others', { rule: { not: { segment: 'clicked' } }, ...to(8) });
    await turnout.must('PUT', '/v1/segments/both', { rule: { any: [{ segment: 'others' }, { segment: 'clicked' }] } });
    const point = { branches: [{ key: 'yes', segment: 'others' }], default: 'no' };
    await turnout.must('PUT', '/v1/journeys/welcome', { branchPoints: { fork: point } });
    await turnout.must('PUT', '/v1/sources/customerio/history', { startsAt: at(-60 * DAY), eventNames: ['click'] });
    await threePeople();
    await draft(NARROW);
    expect(await shadow()).toMatchObject({
      segments: [
        { segment: 'both', enter: 0, leave: 0, stay: 3 },
        { segment: 'others', enter: 1, leave: 0, stay: 1 },
      ],
      journeys: ['journey "welcome"'],
      pushes: [{ destination: 'customerio', segmentId: '8', add: 1, remove: 0 }],
    });
  });

  it('says how many move from one segment of Customer.io to another', async () => {
    await turnout.must('PUT', '/v1/segments/clicked', { rule: WIDE, ...to(7) });
    await threePeople();
    await draft(NARROW, to(8));
    expect((await shadow()).pushes).toEqual([
      { destination: 'customerio', segmentId: '7', add: 0, remove: 2 },
      { destination: 'customerio', segmentId: '8', add: 1, remove: 1 },
    ]);
  });

  it('is not published when it, or anything that rules rest on, moved on since the shadow; unless told to', async () => {
    await turnout.must('PUT', '/v1/segments/clicked', { rule: WIDE });
    await threePeople();
    expect((await publish()).status).toBe(404);
    await draft(NARROW);
    expect(await publish()).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('no shadow of this draft was computed') },
    });
    await shadow();
    await draft({ ...NARROW, within: '3d' });
    expect((await publish()).status).toBe(409);
    await shadow();
    await turnout.must('PUT', '/v1/ctas/cart', { patterns: [{ path: '/cart' }] });
    await turnout.settle();
    expect(await publish()).toMatchObject({ status: 409, body: { detail: expect.stringContaining('have changed') } });
    expect(await publish({ force: true })).toMatchObject({ status: 200, body: { version: 2 } });
  });

  it('can be thrown away, and is refused where it could not be published', async () => {
    await draft(NARROW);
    expect((await turnout.call('DELETE', '/v1/segments/clicked/draft')).status).toBe(204);
    expect((await turnout.call('DELETE', '/v1/segments/clicked/draft')).status).toBe(404);
    const answer = await turnout.call('PUT', '/v1/segments/clicked/draft', { rule: { segment: 'nope' } });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer: '/rule/segment' }] } });
    await turnout.must('PUT', '/v1/segments/owner', { rule: WIDE, ...to(7) });
    expect((await turnout.call('PUT', '/v1/segments/clicked/draft', { rule: WIDE, ...to(7) })).status).toBe(409);
  });

  it('stops being computed when that is cancelled, or when it would mix versions', async () => {
    await threePeople();
    await draft(NARROW);
    // Somebody else has a lane for so long that the shadow can't end.
    const holder = await database.pool.connect();
    await turnout.must('POST', '/v1/segments/clicked/shadow');
    const taken = 'SELECT FROM segment_shadow_lanes WHERE lane = 63 FOR UPDATE';
    await holder.query('BEGIN');
    await holder.query(taken);
    const state = async () => (await turnout.must('GET', '/v1/segments/clicked/shadow')).state as string;
    if ((await state()) === 'running') {
      expect((await turnout.call('DELETE', '/v1/segments/clicked/shadow')).status).toBe(204);
      expect(await state()).toBe('cancelled');
    }
    await holder.query('ROLLBACK');
    holder.release();
    expect((await turnout.call('DELETE', '/v1/segments/clicked/shadow')).status).toBe(409);
    expect((await publish()).status).toBe(409);
  });

  it('of versions, says what each changed, and restores any of them as a new one', async () => {
    await turnout.must('PUT', '/v1/segments/clicked', { rule: WIDE, ...to(7) });
    await threePeople();
    await turnout.must('PUT', '/v1/segments/clicked', { rule: { all: [NARROW, { everyone: true }] }, ...to(7) });
    await turnout.settle();
    expect(customerio.segmentMembers(7)).toEqual(['2']);
    await database.setClock(T0 + 3 * DAY + HOUR);
    const restored = await turnout.call('POST', '/v1/segments/clicked/rollback', { version: 1 });
    expect(restored).toMatchObject({ status: 200, body: { version: 3, rule: WIDE } });
    await turnout.settle();
    expect(customerio.segmentMembers(7).sort()).toEqual(['1', '2']);
    const { versions } = await turnout.must('GET', '/v1/segments/clicked/versions');
    expect(versions).toMatchObject([
      { version: 3, isInForce: true, publishedAt: at(3 * DAY + HOUR) },
      {
        version: 2,
        isInForce: false,
        changes: ['changed: did "click" in the last 30 days → did "click" in the last 2 days', 'added: everyone'],
      },
      { version: 1, isInForce: false, changes: [] },
    ]);
    expect(await turnout.must('GET', '/v1/segments/clicked/versions/3/difference?against=1')).toEqual({
      ...{ version: 3, against: 1, changes: [] },
    });
    // Before the first there is nothing that it could differ from.
    expect(await turnout.must('GET', '/v1/segments/clicked/versions/1/difference')).toEqual({
      ...{ version: 1, against: null, changes: [] },
    });
    const unknown = { status: 404, body: { detail: 'There is no version 9 of the segment.' } };
    expect(await turnout.call('GET', '/v1/segments/clicked/versions/9/difference')).toMatchObject(unknown);
    expect(await turnout.call('POST', '/v1/segments/clicked/rollback', { version: 9 })).toMatchObject(unknown);
    await turnout.must('DELETE', '/v1/segments/clicked');
    expect(await turnout.must('POST', '/v1/segments/clicked/rollback', { version: 2 })).toMatchObject({ version: 4 });
  });
});
