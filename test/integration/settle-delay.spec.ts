import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startCustomerioServer, type CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { status } from '../support/customerio-server/faults.js';
import { DAY, T0 } from '../support/builders.js';
import { SHOPIFY_SECRET, SIGNING_KEY, TestTurnout } from '../support/turnout.js';
import { customerioWebhook, shopifyWebhook } from '../support/webhooks.js';

const MINUTE = 60_000;
const ENTERS = T0 + 3 * DAY;

describe('the settle delay', () => {
  let database: TestDatabase;
  let customerio: CustomerioServer;
  let turnout: TestTurnout;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    customerio = await startCustomerioServer();
    for (const [id, name] of [
      [7, 'abandoned'],
      [8, 'clicked'],
    ] as const) {
      customerio.seedSegment({ id, name, type: 'manual' });
    }
    customerio.seedPerson({ id: '1', cio_id: 'c1' });
    turnout = await TestTurnout.start(database, customerio, { SETTLE_DELAY_MS: String(15 * MINUTE) });
    await turnout.must('PUT', '/v1/sources/shopify/history', {
      startsAt: '2020-01-01T00:00:00Z',
      eventNames: ['purchase'],
    });
    await turnout.must('PUT', '/v1/segments/abandoned', {
      rule: { performed: 'click', within: '7d', notFollowedBy: { performed: 'purchase', within: '3d' } },
      push: { customerio: { segmentId: 7 } },
    });
    await turnout.must('PUT', '/v1/segments/clicked', {
      rule: { performed: 'click', within: '7d' },
      push: { customerio: { segmentId: 8 } },
    });
    await turnout.send(customerioWebhook({ secret: SIGNING_KEY, at: T0, identifiers: { id: '1', email: 'ada@x.io' } }));
    await turnout.settle();
  });

  afterEach(async () => {
    await turnout.stop();
    await customerio.stop();
    await database.drop();
  });

  async function at(instant: number): Promise<void> {
    await database.setClock(instant);
    await turnout.settle();
  }

  async function isMember(): Promise<boolean> {
    return (await turnout.must('GET', '/v1/segments/abandoned/profiles/customer_id:1')).isMember as boolean;
  }

  const buy = (when: number) =>
    turnout.send(shopifyWebhook('orders/create', { secret: SHOPIFY_SECRET, at: when, email: 'ada@x.io' }));

  it('holds back an entry that rests on what did not happen, to the millisecond', async () => {
    await at(ENTERS);
    expect([await isMember(), customerio.segmentMembers(7)]).toEqual([true, []]);
    await at(ENTERS + 15 * MINUTE - 1);
    expect(customerio.segmentMembers(7)).toEqual([]);
    await at(ENTERS + 15 * MINUTE);
    expect(customerio.segmentMembers(7)).toEqual(['1']);
  });

  it('holds back nothing that rests on what did happen', () => {
    expect(customerio.segmentMembers(8)).toEqual(['1']);
  });

  it('waits longer while the source that would tell is late, but not for ever', async () => {
    const shopper = (when: number, n: number) =>
      shopifyWebhook('orders/create', {
        ...{ secret: SHOPIFY_SECRET, at: when },
        ...{ orderId: n, customerId: n, email: `shopper-${n}@x.io` },
      });
    await turnout.send(shopper(T0, 1)); // and then nothing for three days
    await at(ENTERS + 15 * MINUTE);
    expect(customerio.segmentMembers(7)).toEqual([]);
    await at(ENTERS + 60 * MINUTE);
    expect(customerio.segmentMembers(7)).toEqual([]);
    await turnout.send(shopper(ENTERS + 60 * MINUTE, 2));
    await turnout.settle();
    await at(ENTERS + 62 * MINUTE);
    expect(customerio.segmentMembers(7)).toEqual(['1']);
  });

  describe('with another source that told of purchases first', () => {
    const shopper = (when: number, n: number) =>
      turnout.send(
        shopifyWebhook('orders/create', {
          ...{ secret: SHOPIFY_SECRET, at: when },
          ...{ orderId: n, customerId: n, email: `shopper-${n}@x.io` },
        }),
      );
    const track = (n: number, when?: number) =>
      turnout.must('POST', '/v1/track', {
        ...{ userId: `s${n}`, event: 'Order Completed', messageId: `m${n}` },
        ...(when !== undefined && { timestamp: new Date(when).toISOString() }),
        properties: { order_id: `o${n}`, revenue: 10, currency: 'EUR' },
      });
    beforeEach(() => database.pool.query(`DELETE FROM event_histories WHERE event_name = 'purchase'`));

    it('waits for the one that is late, not for the first alone', async () => {
      await track(1);
      await shopper(T0, 1); // and then nothing for three days
      await turnout.must('PUT', '/v1/sources/shopify/history', { startsAt: '2020-01-01T00:00:00Z' });
      await database.setClock(ENTERS);
      await track(2);
      await at(ENTERS + 60 * MINUTE);
      expect([await isMember(), customerio.segmentMembers(7)]).toEqual([true, []]);
    });

    it('does not wait for one that was replaced by another a week ago', async () => {
      await track(1, T0 - 6 * DAY);
      await turnout.must('PUT', '/v1/sources/segment/history', { startsAt: '2020-01-01T00:00:00Z' });
      await database.setClock(ENTERS);
      await shopper(ENTERS, 1);
      await at(ENTERS + 15 * MINUTE);
      expect([await isMember(), customerio.segmentMembers(7)]).toEqual([true, ['1']]);
    });
  });

  it('tells after a day, whatever the source', async () => {
    await turnout.send(
      shopifyWebhook('orders/create', { secret: SHOPIFY_SECRET, at: T0, email: 'zoe@x.io', customerId: 2 }),
    );
    const told = ENTERS + 15 * MINUTE + DAY;
    await at(told - 1);
    expect(customerio.segmentMembers(7)).toEqual([]);
    await at(told + MINUTE);
    expect(customerio.segmentMembers(7)).toEqual(['1']);
  });

  it('never tells of an entry that a late purchase takes back', async () => {
    await at(ENTERS + 10 * MINUTE);
    await buy(T0 + DAY);
    await turnout.settle();
    await at(ENTERS + DAY);
    expect(await isMember()).toBe(false);
    expect(customerio.membershipOperations(7)).toEqual([]);
  });

  it('tells at once who leaves, even if it is not known whether the entry had arrived', async () => {
    customerio.faults.next(1, status(500));
    await at(ENTERS + 15 * MINUTE); // sent, but what became of it nobody knows
    await buy(T0 + DAY);
    await turnout.settle();
    expect(customerio.membershipOperations(7).map((one) => one.operation)).toEqual(['remove']);
  });
});
