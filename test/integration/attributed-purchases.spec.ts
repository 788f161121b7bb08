import { validate } from 'class-validator';
import { Ga4Settings } from '../../src/destinations/ga4/ga4-settings.js';
import { WINDOW_NAMES } from '../../src/link-reports/windows.js';
import { DAY, HOUR } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { Ga4Server } from '../support/ga4-server.js';
import { outcomesTold } from '../support/link-outcomes.js';
import { SHOPIFY_SECRET, SIGNING_KEY, TestTurnout } from '../support/turnout.js';
import { customerioWebhook, shopifyWebhook } from '../support/webhooks.js';

const CREDENTIALS = { measurementId: 'G-ABC1234567', apiSecret: 'collect-secret' };
const MINUTE = 60_000;
const ADA = { id: '4711', email: 'ada@example.com' };

describe('purchases that followed a click, told to Google Analytics', () => {
  let database: TestDatabase;
  let analytics: Ga4Server;
  let turnout: TestTurnout;
  /** What Google Analytics takes, it takes by the real time. */
  let now: number;

  beforeEach(async () => {
    now = Math.floor(Date.now() / 1_000) * 1_000;
    database = await createTestDatabase();
    await database.setClock(now - DAY);
    analytics = await Ga4Server.start(CREDENTIALS);
    turnout = await TestTurnout.start(database, undefined, {
      ...{ SWEEP_INTERVAL_MS: '10', SETTLE_DELAY_MS: String(15 * MINUTE) },
      SECRETS_KEYS: Buffer.alloc(32, 7).toString('base64'),
      OUTBOUND_TRUSTED_HOSTS: analytics.host,
    });
    await turnout.must('PUT', '/v1/ctas/cart', { kind: 'cart', patterns: [{ host: 'shop.example' }] });
  });

  afterEach(async () => {
    await turnout.stop();
    await analytics.stop();
    await database.drop();
  });

  const setUp = async (more: object = { conversions: true }) => {
    const settings = { ...CREDENTIALS, collectUrl: `http://${analytics.host}`, requestsPerSecond: 1_000, ...more };
    await turnout.must('PUT', '/v1/destinations/analytics', { kind: 'ga4', settings });
    // Noticed, before hours pass at once: what happens later than a minute before that is told of.
    const heard = 'conversions' in more ? 1 : 0;
    while ((await database.pool.query('SELECT FROM link_outcomes_heard')).rowCount !== heard)
      await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const click = (at: number) =>
    turnout.send(customerioWebhook({ secret: SIGNING_KEY, at, identifiers: ADA, href: 'https://shop.example/cart' }));
  const order = (topic: Parameters<typeof shopifyWebhook>[0], at: number, orderId: number, placedAt = at) =>
    turnout.send(
      shopifyWebhook(topic, { secret: SHOPIFY_SECRET, at, placedAt, orderId, email: ADA.email, amount: '59.90' }),
    );
  const at = async (instant: number) => {
    await outcomesTold(turnout, database);
    await database.setClock(instant);
    await outcomesTold(turnout, database);
  };
  const sold = () => analytics.hits.filter(({ name }) => name === 'turnout_purchase');

  it('are told once a settle delay later, with the click that they are attributed to, and nobody', async () => {
    await setUp();
    await click(now - DAY);
    await at(now - DAY + 2 * HOUR);
    await order('orders/create', now - DAY + 2 * HOUR, 501);
    await order('orders/paid', now - DAY + 2 * HOUR + MINUTE, 501, now - DAY + 2 * HOUR);
    await at(now - DAY + 2 * HOUR + 15 * MINUTE - 1);
    expect(sold()).toEqual([]);
    await at(now - DAY + 4 * HOUR);
    const params = {
      ...{
        transaction_id: '501',
        value: 59.9,
        currency: 'EUR',
        cta: 'cart',
        campaign: 'campaign_id:7',
        channel: 'email',
      },
      ...{ attribution: 'last', attribution_window: '7d', hours_to_purchase: 2, engagement_time_msec: 1 },
    };
    expect(sold()).toMatchObject([{ timestampMicros: (now - DAY + 2 * HOUR) * 1_000, userId: undefined, params }]);
    expect(JSON.stringify(analytics.bodies)).not.toMatch(/ada@|4711/);
    // More is learnt of the same order and the same person.
    await at(now - HOUR);
    await order('orders/updated', now - DAY + 5 * HOUR, 501, now - DAY + 2 * HOUR);
    await click(now - HOUR);
    await at(now);
    expect(sold()).toHaveLength(1);
  });

  it('are not told when they were undone within the delay, without a click, or long after they happened', async () => {
    await setUp();
    await order('orders/create', now - 5 * DAY + HOUR, 500);
    await click(now - 5 * DAY);
    await order('orders/create', now - DAY, 501);
    await order('orders/cancelled', now - DAY + MINUTE, 501, now - DAY);
    const ben = { customerId: 77, email: 'ben@example.com', phone: null };
    await turnout.send(
      shopifyWebhook('orders/create', {
        secret: SHOPIFY_SECRET,
        at: now - DAY,
        orderId: 502,
        ...ben,
      }),
    );
    await at(now);
    expect(sold()).toEqual([]);
  });

  it('are taken back, once and as far as they were told of, when they are refunded', async () => {
    await setUp();
    await click(now - DAY);
    for (const orderId of [501, 502]) await order('orders/create', now - DAY + HOUR, orderId);
    await at(now - DAY + 2 * HOUR);
    expect(sold()).toHaveLength(2);
    const refund = (instant: number, amount: string) =>
      turnout.send(shopifyWebhook('refunds/create', { secret: SHOPIFY_SECRET, at: instant, orderId: 501, amount }));
    await database.setClock(now - 3 * HOUR);
    await refund(now - 3 * HOUR, '9.90');
    await at(now - 2 * HOUR);
    await refund(now - 2 * HOUR, '50.00');
    await refund(now - 2 * HOUR, '50.00');
    await at(now);
    const params = { transaction_id: '501', currency: 'EUR', cta: 'cart', attribution: 'last' };
    expect(analytics.hits.filter(({ name }) => name === 'turnout_refund')).toMatchObject([
      { timestampMicros: (now - 3 * HOUR) * 1_000, params: { ...params, value: 9.9 } },
      { timestampMicros: (now - 2 * HOUR) * 1_000, params: { ...params, value: 50 } },
    ]);
    expect(analytics.hits).toHaveLength(4);
  });

  it('are told of since that is wanted: neither what happened before, nor while it was off', async () => {
    await setUp({});
    await click(now - DAY);
    await order('orders/create', now - DAY, 501);
    await at(now - DAY + HOUR);
    await setUp();
    await at(now - DAY + 2 * HOUR);
    await order('orders/create', now - DAY + 2 * HOUR, 502);
    await at(now - DAY + 3 * HOUR);
    await setUp({});
    await order('orders/create', now - DAY + 3 * HOUR, 503);
    await at(now - DAY + 4 * HOUR);
    await setUp();
    await at(now - DAY + 5 * HOUR);
    await order('orders/create', now - DAY + 5 * HOUR, 504);
    await at(now);
    expect(sold().map(({ params }) => params['transaction_id'])).toEqual(['502', '504']);
  });

  it('are told to nobody unless that is wanted', async () => {
    await setUp({});
    await click(now - DAY);
    await order('orders/create', now - DAY, 501);
    await at(now);
    expect(analytics.bodies).toEqual([]);
  });

  it('have the windows that reports on links have', async () => {
    for (const conversionWindow of WINDOW_NAMES) {
      expect(await validate(Object.assign(new Ga4Settings(), { ...CREDENTIALS, conversionWindow }))).toEqual([]);
    }
  });
});
