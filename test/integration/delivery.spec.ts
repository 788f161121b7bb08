import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startCustomerioServer, type CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { status } from '../support/customerio-server/faults.js';
import { DAY, T0 } from '../support/builders.js';
import { settle, SIGNING_KEY, TestTurnout } from '../support/turnout.js';
import { customerioWebhook } from '../support/webhooks.js';

describe('delivery', () => {
  let database: TestDatabase;
  let customerio: CustomerioServer;
  let turnout: TestTurnout;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    customerio = await startCustomerioServer();
    customerio.seedSegment({ id: 7, name: 'clicked', type: 'manual' });
    turnout = await TestTurnout.start(database, customerio, { DELIVERY_MAX_ATTEMPTS: '3' });
    const push = { customerio: { segmentId: 7 } };
    await turnout.must('PUT', '/v1/segments/clicked', { rule: { performed: 'click', within: '1d' }, push });
  });

  afterEach(async () => {
    await turnout.stop();
    await customerio.stop();
    await database.drop();
  });

  async function click(id: string, at = T0): Promise<void> {
    customerio.seedPerson({ id, cio_id: `c${id}` });
    await turnout.send(customerioWebhook({ secret: SIGNING_KEY, at, identifiers: { id } }));
  }

  async function deadLetters(): Promise<Record<string, string>[]> {
    return (await turnout.must('GET', '/v1/outbox/dead-letters')).deadLetters as Record<string, string>[];
  }

  /** Lets time pass until what was put off is due. */
  async function wait(ms: number): Promise<void> {
    await database.setClock((await database.now()) + ms);
    await settle(database);
  }

  it('sends many changes in few requests', async () => {
    await Promise.all(Array.from({ length: 60 }, (_, n) => click(`p${n}`)));
    await turnout.settle();
    expect(customerio.segmentMembers(7)).toHaveLength(60);
    await database.setClock(T0 + DAY);
    await turnout.settle();
    expect(customerio.segmentMembers(7)).toEqual([]);
    const removals = customerio.requests().filter((request) => request.path.includes('remove_customers'));
    expect(removals.length).toBeLessThan(20);
  });

  it('tries again after what will pass, and no earlier than it is asked to', async () => {
    customerio.faults.next(1, status(503));
    customerio.faults.next(1, status(429, { 'Retry-After': '2' }));
    await click('1');
    await turnout.settle();
    expect(customerio.segmentMembers(7)).toEqual([]);
    await wait(2_000); // longer than the first backoff
    expect(customerio.requests()).toHaveLength(2);
    await wait(1_999);
    expect(customerio.requests()).toHaveLength(2);
    await wait(1);
    expect(customerio.segmentMembers(7)).toEqual(['1']);
    expect(customerio.requests()).toHaveLength(3);
  });

  it('keeps what is refused, visible, until somebody sends it again', async () => {
    customerio.faults.next(1, status(401));
    await click('1');
    await turnout.settle();
    const [letter] = await deadLetters();
    expect(letter).toMatchObject({
      destination: 'customerio',
      subject: 'segment:7',
      reason: expect.stringContaining('401'),
    });
    expect(await turnout.must('POST', `/v1/outbox/dead-letters/${letter!.id}/requeue`)).toEqual({ requeued: 1 });
    await turnout.settle();
    expect([await deadLetters(), customerio.segmentMembers(7)]).toEqual([[], ['1']]);
    expect((await turnout.call('POST', `/v1/outbox/dead-letters/nope/requeue`)).status).toBe(404);
  });

  it('gives up after the configured attempts, and sends only the latest state later', async () => {
    customerio.faults.next(3, status(500));
    await click('1');
    await turnout.settle();
    await wait(60_000);
    await wait(60_000);
    expect(await deadLetters()).toMatchObject([{ reason: expect.stringContaining('3 attempts') }]);
    await database.setClock(T0 + 2 * DAY);
    await turnout.settle();
    expect(await deadLetters()).toEqual([]);
    expect(customerio.membershipOperations(7).map((one) => one.operation)).toEqual(['remove']);
  });

  it('keeps people whom Customer.io can’t know as dead letters, not as silence', async () => {
    const identifiers = {};
    const data = { recipient: '+4917012345678' };
    await turnout.send(customerioWebhook({ secret: SIGNING_KEY, at: T0, objectType: 'sms', identifiers, data }));
    await turnout.settle();
    expect(await deadLetters()).toHaveLength(1);
  });
});
