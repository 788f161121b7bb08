import { DAY, HOUR, T0 } from '../support/builders.js';
import { status } from '../support/customerio-server/faults.js';
import { startCustomerioServer, type CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { outcomesTold } from '../support/link-outcomes.js';
import { SIGNING_KEY, TestTurnout } from '../support/turnout.js';
import { visit } from '../support/visits.js';
import { customerioWebhook } from '../support/webhooks.js';

const CART = 'https://shop.example.com/cart?id=9';
const ADA = { customer_id: '4711' };
const MINUTE = 60_000;

describe('clicks on tracked links, reported to Customer.io', () => {
  let database: TestDatabase;
  let customerio: CustomerioServer;
  let turnout: TestTurnout;

  const start = async (env: Record<string, string> = {}) => {
    turnout = await TestTurnout.start(database, customerio, {
      ...{ CUSTOMERIO_CLICKS: 'report', SWEEP_INTERVAL_MS: '10' },
      ...env,
    });
    await turnout.must('PUT', '/v1/link-domains/go.example.com', { allowedHosts: ['shop.example.com'] });
    await turnout.must('PUT', '/v1/ctas/cart', { kind: 'cart', patterns: [{ host: 'shop.example.com' }] });
    await told('delivered', T0 - DAY, { delivery_id: 'sent-1' });
  };

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    customerio = await startCustomerioServer();
  });

  afterEach(async () => {
    await turnout.stop();
    await customerio.stop();
    await database.drop();
  });

  const told = async (metric: string, at: number, data: Record<string, unknown> = {}, more: object = {}) => {
    const answer = await turnout.send(customerioWebhook({ secret: SIGNING_KEY, at, metric, data, ...more }));
    expect(answer.status).toBe(200);
    await turnout.settle();
    return answer.body;
  };

  const declare = (more: object = {}) =>
    turnout.must('POST', '/v1/links', {
      ...{ cta: 'cart', destination: CART, channel: 'email', profile: ADA, deliveryId: 'sent-1', ...more },
    });

  const follow = async (link: unknown, options: Parameters<typeof visit>[2] = {}) => {
    expect((await visit(turnout.url, String(link), options)).status).toBe(302);
    await settle();
  };

  const settle = () => outcomesTold(turnout, database);

  it('are one metric each, by the delivery, with the link and the second', async () => {
    await start();
    const { id, url } = await declare({ destination: `${CART}#reviews` });
    await database.setClock(T0 + 1_999);
    await follow(url);
    const reported = {
      ...{ delivery_id: 'sent-1', metric: 'clicked', timestamp: T0 / 1_000 + 1 },
      href: `${CART}#turnout_link=${String(id)}`,
    };
    expect(customerio.metrics()).toEqual([reported]);
    // Whatever else is learnt of the same person: nothing is told twice. A second click is one more.
    await told('delivered', T0 - 2 * DAY, { delivery_id: 'sent-0' });
    await settle();
    expect(customerio.metrics()).toHaveLength(1);
    await database.setClock(T0 + HOUR);
    await follow(url);
    expect(customerio.metrics()).toEqual([reported, { ...reported, timestamp: (T0 + HOUR) / 1_000 }]);
  });

  it('leave out machines, links without a delivery, links of nobody, and clicks that did not come through us', async () => {
    await start();
    await follow((await declare()).url, { method: 'HEAD' });
    await follow((await declare({ deliveryId: undefined })).url);
    await follow((await declare({ deliveryId: undefined, profile: undefined })).url);
    // A link of anybody's that claims to be one of ours.
    await told('clicked', T0, {}, { href: `${CART}&tracked_link=abc` });
    const claimed = { href: CART, channel: 'email', delivery_id: 'sent-1', tracked_link: 'abc' };
    await turnout.must('POST', '/v1/track', { userId: ADA.customer_id, event: 'click', properties: claimed });
    const { rows } = await database.pool.query(`SELECT FROM events WHERE properties ->> 'tracked_link' = 'abc'`);
    expect(rows).toHaveLength(1);
    await settle();
    expect(customerio.metrics()).toEqual([]);
  });

  it('are told to nobody unless that is wanted', async () => {
    await start({ CUSTOMERIO_CLICKS: 'off' });
    await follow((await declare()).url);
    expect(customerio.metrics()).toEqual([]);
    const { rows } = await database.pool.query('SELECT FROM link_outcomes_due');
    expect(rows).toEqual([]);
  });

  it('wait out a settle delay, within which a machine may turn out to be one', async () => {
    await start({ SETTLE_DELAY_MS: String(15 * MINUTE) });
    const person = await declare();
    const machine = await declare({ deliveryId: 'sent-2' });
    await follow(person.url);
    await follow(machine.url);
    // Only now it is said that the second message had been delivered just before.
    await told('delivered', T0 - 1_000, { delivery_id: 'sent-2' });
    await database.setClock(T0 + 15 * MINUTE - 1);
    await settle();
    expect(customerio.metrics()).toEqual([]);
    await database.setClock(T0 + 15 * MINUTE);
    await settle();
    expect(customerio.metrics()).toMatchObject([{ delivery_id: 'sent-1', timestamp: T0 / 1_000 }]);
  });

  it('wait out a delay of their own each', async () => {
    await start({ SETTLE_DELAY_MS: String(15 * MINUTE) });
    const { url } = await declare();
    await follow(url);
    await database.setClock(T0 + 10 * MINUTE);
    await follow(url);
    const reported = async (at: number) => {
      await database.setClock(at);
      await settle();
      return customerio.metrics().map(({ timestamp = 0 }) => timestamp * 1_000 - T0);
    };
    expect(await reported(T0 + 25 * MINUTE - 1)).toEqual([0]);
    expect(await reported(T0 + 25 * MINUTE)).toEqual([0, 10 * MINUTE]);
  });

  it('are tried again after a failure, and are dead letters when they are refused', async () => {
    await start();
    customerio.faults.next(1, status(503));
    await follow((await declare()).url);
    expect(customerio.metrics()).toEqual([]);
    await database.setClock(T0 + HOUR);
    await settle();
    expect(customerio.metrics()).toHaveLength(1);
    customerio.faults.next(1, status(400));
    await follow((await declare()).url);
    expect(customerio.metrics()).toHaveLength(1);
    const { groups } = await turnout.must('GET', '/v1/outbox/dead-letters/groups');
    expect(groups).toMatchObject([{ destination: 'customerio', count: 1 }]);
    expect(JSON.stringify(groups)).not.toContain('sent-1');
  });

  it('of who is merged are told once, by whichever of the two', async () => {
    await start({ SETTLE_DELAY_MS: String(15 * MINUTE) });
    await told('delivered', T0 - DAY, { delivery_id: 'sent-3' }, { identifiers: { email: 'ada@example.com' } });
    const early = await declare({ profile: { email: 'ada@example.com' }, deliveryId: 'sent-3' });
    await follow(early.url);
    await database.setClock(T0 + 15 * MINUTE);
    await settle();
    expect(customerio.metrics()).toHaveLength(1);
    await follow(early.url);
    // Both are one person.
    await told(
      'delivered',
      T0 - DAY,
      { delivery_id: 'sent-4' },
      { identifiers: { id: '4711', email: 'ada@example.com' } },
    );
    await settle();
    await database.setClock(T0 + HOUR);
    await settle();
    expect(customerio.metrics().map((one) => one.timestamp)).toEqual([T0 / 1_000, (T0 + 15 * MINUTE) / 1_000]);
  });

  it('are no second click when Customer.io tells of what it was told', async () => {
    await start();
    await follow((await declare()).url);
    const [{ href } = { href: '' }] = customerio.metrics();
    const answer = await told('clicked', T0, { delivery_id: 'sent-1' }, { href });
    expect(answer).toEqual({ status: 'skipped', reason: 'a click that Turnout reported' });
  });
});
