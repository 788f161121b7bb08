import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startCustomerioServer, type CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { status } from '../support/customerio-server/faults.js';
import { T0 } from '../support/builders.js';
import { settle, SIGNING_KEY, TestTurnout, type JsonObject } from '../support/turnout.js';
import { customerioWebhook } from '../support/webhooks.js';

/** With a clock that stands still a pace of 8 requests a second gives room for 2, of which 1 is for what is urgent. */
const SLOWLY = { CUSTOMERIO_REQUESTS_PER_SECOND: '8' };

describe('the pace of pushes', () => {
  let database: TestDatabase;
  let customerio: CustomerioServer;
  let turnout: TestTurnout;

  async function start(env: Record<string, string> = {}): Promise<void> {
    database = await createTestDatabase();
    await database.setClock(T0);
    customerio = await startCustomerioServer();
    turnout = await TestTurnout.start(database, customerio, env);
  }

  afterEach(async () => {
    await turnout.stop();
    await customerio.stop();
    await database.drop();
  });

  async function publish(key: string, segmentId: number, rule: object): Promise<void> {
    customerio.seedSegment({ id: segmentId, name: key });
    await turnout.must('PUT', `/v1/segments/${key}`, { rule, push: { customerio: { segmentId } } });
  }

  async function click(id: string, at = T0): Promise<void> {
    if (!customerio.people().some((one) => one.id === id)) customerio.seedPerson({ id, cio_id: `c${id}` });
    const identifiers = { id, cio_id: `c${id}` };
    await turnout.send(customerioWebhook({ secret: SIGNING_KEY, at, identifiers }));
  }

  async function wait(ms: number): Promise<void> {
    await database.setClock((await database.now()) + ms);
    await settle(database);
  }

  /** Until nobody holds anything any more, or would take it as of now: what is under way reckons by the clock that it began at. */
  async function untilHandedBack(): Promise<void> {
    const due = 'SELECT FROM outbox WHERE claim IS NOT NULL OR due_at <= turnout_now() LIMIT 1';
    while ((await database.pool.query(due)).rowCount !== 0) await new Promise((resolve) => setTimeout(resolve, 15));
  }

  const track = async (): Promise<JsonObject> =>
    ((await turnout.must('GET', '/v1/destinations')).destinations[0] as JsonObject).gates.find(
      (one: JsonObject) => one.family === 'track',
    );
  const ofSegments = (ids: number[]) => ids.flatMap((id) => customerio.segmentMembers(id));

  /** Without the question whether a published segment is there. */
  const sends = () => customerio.requests().filter(({ method }) => method === 'POST');

  it('lets a live entry pass a backfill that has used up its share', async () => {
    await start(SLOWLY);
    await click('ada', T0 - 1_000);
    await turnout.settle();
    const many = [11, 12, 13, 14, 15, 16];
    for (const id of many) await publish(`all-${id}`, id, { performed: 'click', within: `${id}d` });
    await turnout.settle();
    expect(ofSegments(many)).toEqual(['ada']); // one request, and no room for more
    await publish('live', 7, { performed: 'click', count: { atLeast: 2 }, within: '1d' });
    await turnout.settle();
    await click('ada');
    await turnout.settle();
    expect(customerio.segmentMembers(7)).toEqual(['ada']);
    expect(ofSegments(many)).toEqual(['ada']);
    for (let seconds = 0; seconds < 8; seconds++) await wait(1_000);
    expect(ofSegments(many)).toHaveLength(many.length);
  });

  it('sends ten changes of a profile once, as the latest state, when there is room again', async () => {
    await start({ DELIVERY_MAX_ATTEMPTS: '1' });
    await publish('often', 7, { performed: 'click', within: '2s' });
    customerio.faults.next(1, status(429, { 'Retry-After': '31' }));
    await click('zoe');
    await turnout.settle();
    for (let second = 3; second <= 27; second += 3) {
      await database.setClock(T0 + second * 1_000);
      await click('ada', T0 + second * 1_000);
      await turnout.settle();
      await wait(2_000);
    }
    await database.setClock(T0 + 30_000);
    await click('ada', T0 + 30_000);
    await wait(999);
    expect(sends()).toHaveLength(1);
    const { rows } = await database.pool.query('SELECT attempts, version FROM outbox WHERE version > 2');
    expect(rows).toEqual([{ attempts: 0, version: 19 }]);
    await wait(1);
    expect(customerio.membershipOperations(7, 'ada').map((one) => one.operation)).toEqual(['add']);
  });

  it('stops sending when nothing is answered, shows it, and goes on by itself', async () => {
    await start();
    await publish('clicked', 7, { performed: 'click', within: '1d' });
    customerio.faults.random(1, 1, [status(503)]);
    for (let n = 0; n < 8; n++) {
      await click(`p${n}`);
      await turnout.settle();
    }
    expect(sends()).toHaveLength(5);
    await untilHandedBack();
    expect(await track()).toMatchObject({ breaker: 'open', failures: 5, failure: 'Customer.io answered 503' });
    expect(await turnout.must('GET', '/readyz')).toMatchObject({ status: 'ready' }); // it serves all the same
    await wait(999);
    expect(sends()).toHaveLength(5);
    await wait(1);
    expect(sends()).toHaveLength(6); // one tries again
    expect(await track()).toMatchObject({ breaker: 'open', openUntil: new Date(T0 + 3_000).toISOString() });
    customerio.faults.clear();
    await wait(2_000);
    await wait(60_000);
    expect(customerio.segmentMembers(7)).toHaveLength(8);
    expect(await track()).toMatchObject({ breaker: 'closed', failures: 0, openUntil: null });
  });
});
