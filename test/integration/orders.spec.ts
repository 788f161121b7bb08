import { DAY, T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { SHOPIFY_SECRET, TestTurnout } from '../support/turnout.js';
import { SIGN, shopifyWebhook, webhookFixture, type ShopifyTopic, type ShopifyWebhook } from '../support/webhooks.js';

const HOUR = DAY / 24;
const BUYER = 7012345678901;

describe("a shop's orders in rules", () => {
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

  async function send(topic: ShopifyTopic, at: number, more: Partial<ShopifyWebhook> = {}): Promise<void> {
    await database.setClock(Math.max(at, await database.now()));
    const placedAt = topic === 'orders/create' ? at : T0;
    const webhook = shopifyWebhook(topic, { secret: SHOPIFY_SECRET, at, placedAt, customerId: BUYER, ...more });
    expect((await turnout.send(webhook)).status).toBe(200);
  }

  /** A webhook as it was recorded, with some fields changed. */
  async function sendRecorded(fixture: string, changes: Record<string, unknown>): Promise<void> {
    const { headers, body } = webhookFixture('shopify', fixture);
    const bytes = Buffer.from(JSON.stringify({ ...body, ...changes }));
    const signed = { ...headers, ...SIGN['shopify']!(bytes, SHOPIFY_SECRET) };
    const answer = await turnout.send({ path: '/v1/sources/shopify', headers: signed, body: bytes });
    expect(answer).toMatchObject({ status: 200, body: { status: 'stored' } });
  }

  async function declare(rules: Record<string, object>): Promise<void> {
    const complete = { startsAt: '2020-01-01T00:00:00Z', eventNames: ['purchase', 'checkout_started'] };
    await turnout.must('PUT', '/v1/sources/shopify/history', complete);
    for (const [key, rule] of Object.entries(rules)) await turnout.must('PUT', `/v1/segments/${key}`, { rule });
  }

  async function memberOf(at: number): Promise<string[]> {
    await database.setClock(at);
    const { segments } = (await turnout.must('GET', '/v1/segments')) as { segments: { key: string }[] };
    const found: string[] = [];
    for (const { key } of segments) {
      const path = `/v1/segments/${key}/profiles/shopify_customer_id:${BUYER}`;
      if ((await turnout.must('GET', path)).isMember) found.push(key);
    }
    return found.sort();
  }

  const spent = (atLeast: string, more: object = {}) => ({
    performed: 'purchase',
    within: '30d',
    sum: { property: 'revenue', currency: 'EUR', atLeast },
    ...more,
  });

  it('are worth what refunds have left of them, to the cent and the millisecond, whichever webhook tells', async () => {
    await declare({ a100: spent('100.00'), a60: spent('60.00'), gross: spent('100.00', { gross: true }) });
    await send('orders/create', T0, { amount: '100.00' });
    expect(await memberOf(T0 + HOUR - 1)).toEqual(['a100', 'a60', 'gross']);
    await send('refunds/create', T0 + HOUR, { amount: '39.99' });
    expect(await memberOf(T0 + HOUR)).toEqual(['a60', 'gross']);
    // The webhook of this refund is lost; the next update of the order lists it.
    const transactions = [{ kind: 'refund', status: 'success', amount: '0.02', currency: 'EUR' }];
    const refunds = [{ id: 2, processed_at: new Date(T0 + 2 * HOUR).toISOString(), transactions }];
    await send('orders/updated', T0 + 3 * HOUR, { amount: '100.00', payload: { refunds } });
    expect(await memberOf(T0 + 3 * HOUR)).toEqual(['gross']);
  });

  it('count a refund once that its webhook and its order both state', async () => {
    await declare({ a60: spent('60.00') });
    await send('orders/create', T0, { amount: '100.00' });
    await send('refunds/create', T0 + HOUR, { amount: '40.00' });
    const { body } = webhookFixture('shopify', 'refunds-create');
    const refund = { ...body, id: 929_361_471_234 + (((T0 + HOUR) / 1_000) % 1_000_000_000) };
    const transactions = [{ kind: 'refund', status: 'success', amount: '40.00', currency: 'EUR' }];
    await send('orders/updated', T0 + 2 * HOUR, {
      payload: { total_price: '100.00', refunds: [{ ...refund, transactions }] },
    });
    expect(await memberOf(T0 + 2 * HOUR)).toEqual(['a60']);
  });

  it('are no purchases any more once an update calls them cancelled or refunded, though nothing else said so', async () => {
    await declare({ bought: { performed: 'purchase', within: '30d' } });
    await send('orders/create', T0, { orderId: 1 });
    await send('orders/create', T0, { orderId: 2 });
    await send('orders/updated', T0 + HOUR, {
      orderId: 1,
      payload: { cancelled_at: new Date(T0 + HOUR - 5_000).toISOString() },
    });
    expect(await memberOf(T0 + HOUR)).toEqual(['bought']);
    await send('orders/updated', T0 + 2 * HOUR, { orderId: 2, payload: { financial_status: 'refunded' } });
    expect(await memberOf(T0 + 2 * HOUR)).toEqual([]);
  });

  it('may be refunded before they are heard of, and even before they are dated', async () => {
    await declare({ a60: spent('60.00') });
    await send('refunds/create', T0 - HOUR, { amount: '40.01' });
    await send('orders/create', T0, { amount: '100.00' });
    expect(await memberOf(T0)).toEqual([]);
    await send('orders/create', T0, { orderId: 2, amount: '0.01' });
    expect(await memberOf(T0)).toEqual(['a60']);
  });

  it('are told apart by what is in them', async () => {
    const where = (property: string, test: unknown) => ({
      performed: 'purchase',
      where: { [property]: test },
      within: '30d',
    });
    await declare({
      beans: where('product_ids', { contains: '8001234567890' }),
      filters: where('variant_ids', { contains: '45001234567891' }),
      'other-product': where('product_ids', { contains: '1' }),
      sku: where('skus', { contains: 'BEANS-1KG' }),
      code: where('discount_codes', { contains: 'REPLENISH10' }),
      six: where('item_count', { atLeast: 6 }),
      offer: where('note_attributes.offer', 'free_shipping'),
      cart: where('cart_token', 'c1-68778783ad298f1c80c3bafcddeea02f'),
    });
    await send('orders/create', T0);
    expect(await memberOf(T0)).toEqual(['beans', 'cart', 'code', 'filters', 'offer', 'six', 'sku']);
  });

  it('answer the checkout that they come from, and no other', async () => {
    const left = (same: string) => ({
      performed: 'checkout_started',
      within: '7d',
      notFollowedBy: { performed: 'purchase', within: '1h', same: [same] },
    });
    await declare({ 'left-cart': left('cart_token'), 'left-checkout': left('checkout_token') });
    const started = new Date(T0).toISOString();
    await sendRecorded('checkouts-update', { created_at: started, updated_at: started });
    await send('orders/create', T0 + HOUR - 1, { payload: { checkout_token: 'another' } });
    expect(await memberOf(T0 + HOUR)).toEqual(['left-checkout']);
  });

  it('come with attributes of their buyers', async () => {
    await declare({
      german: { attribute: 'country', equals: 'DE' },
      vip: { performed: 'customer_tags_added', where: { tags: { contains: 'vip' } }, within: '1d' },
      wanting: { attribute: 'accepts_marketing', equals: true },
      third: { attribute: 'orders_count', atLeast: 3 },
      rich: { attribute: 'total_spent', atLeast: '500.00' },
    });
    const now = new Date(T0).toISOString();
    await sendRecorded('customers-update', { updated_at: now });
    expect(await memberOf(T0)).toEqual(['german']);
    await sendRecorded('customers-purchasing-summary', { occurredAt: now });
    await sendRecorded('customer-tags-added', { occurredAt: now });
    await sendRecorded('customers-email-consent', {});
    expect(await memberOf(T0)).toEqual(['german', 'third', 'vip', 'wanting']);
  });

  it('come with all of these attributes at once from API versions before 2025', async () => {
    await declare({
      vip: { attribute: 'tags', contains: 'vip' },
      third: { attribute: 'orders_count', atLeast: 3 },
    });
    await sendRecorded('customers-update-before-2025', { updated_at: new Date(T0).toISOString() });
    expect(await memberOf(T0)).toEqual(['third', 'vip']);
  });
});
