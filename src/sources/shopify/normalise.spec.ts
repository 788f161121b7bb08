import {
  deliveryOf,
  shopifyWebhook,
  webhookFixture,
  type ShopifyTopic,
  type ShopifyWebhook,
} from '../../../test/support/webhooks.js';
import type { IncomingEvent } from '../../profiles/incoming-event.js';
import type { Normalisation } from '../source.js';
import { normaliseShopify } from './normalise.js';
import { verifyShopify } from './verify.js';

const at = Date.UTC(2026, 10, 2, 9, 15, 29);

function read(topic: ShopifyTopic, options: Partial<ShopifyWebhook> = {}): Normalisation {
  return normaliseShopify(deliveryOf(shopifyWebhook(topic, { secret: 'secret', at, ...options })));
}

function eventsOf(topic: ShopifyTopic, options: Partial<ShopifyWebhook> = {}): IncomingEvent[] {
  const outcome = read(topic, options);
  if (outcome.kind !== 'events') throw new Error(`Not read: ${JSON.stringify(outcome)}`);
  return outcome.events;
}

describe('the facts that Shopify states', () => {
  it('are signed as the source expects', () => {
    const delivery = deliveryOf(shopifyWebhook('orders/create', { secret: 'secret', at }));
    expect(verifyShopify(delivery, ['secret'])).toEqual({ ok: true });
  });

  it('have one purchase an order, whichever topic tells of it first', () => {
    const later = { placedAt: at, at: at + 3_600_000 };
    const [created] = eventsOf('orders/create');
    expect(created).toMatchObject({ name: 'purchase', occurredAt: at, isRestated: true });
    for (const topic of ['orders/paid', 'orders/cancelled'] as const) {
      expect(eventsOf(topic, later)[0]).toEqual(created);
    }
  });

  it.each([
    ['orders/paid', 'order_paid', '/paid'],
    ['orders/cancelled', 'order_cancelled', '/cancelled'],
  ] as const)('of %s add %s at its own time', (topic, name, suffix) => {
    const [, added] = eventsOf(topic, { placedAt: at, at: at + 3_600_000 });
    expect(added).toMatchObject({ name, occurredAt: at + 3_600_000, isRestated: true });
    expect(added!.sourceEventId).toBe(`coffee-shop.myshopify.com/orders/5678901234567${suffix}`);
    expect(added!.properties['order_id']).toBe('5678901234567');
  });

  it('differ between shops and between orders', () => {
    const ids = [
      eventsOf('orders/create'),
      eventsOf('orders/create', { shop: 'tea-shop.myshopify.com' }),
      eventsOf('orders/create', { orderId: 5678901234568 }),
    ].map(([event]) => event!.sourceEventId);
    expect(new Set(ids).size).toBe(3);
  });

  it('are the same for a shop written in another case', () => {
    expect(eventsOf('orders/create', { shop: 'Coffee-Shop.MyShopify.com' })).toEqual(eventsOf('orders/create'));
  });

  it('never come of a test order, a test refund or an unknown topic', () => {
    expect(read('orders/create', { payload: { test: true } })).toEqual({ kind: 'skipped', reason: 'test order' });
    expect(webhookFixture('shopify', 'refunds-create-test').expected.kind).toBe('skipped');
    for (const topic of ['constructor', '', 'products/update', 'ORDERS/CREATE'] as never[]) {
      expect(read(topic)).toMatchObject({ kind: 'unusable', reason: 'unknown_topic' });
    }
  });

  it('name the shop', () => {
    for (const shop of ['', 'a/b', '-'])
      expect(read('orders/create', { shop })).toMatchObject({ reason: 'wrong_shape' });
  });
});

describe('the time of a Shopify fact', () => {
  const orderAt = (processed_at: unknown, created_at: unknown = undefined): Normalisation =>
    read('orders/create', { payload: { processed_at, created_at } });

  it.each([
    ['2026-11-02T10:15:29+01:00', at],
    ['2026-11-02T04:45:29-04:30', at],
    ['2026-11-02T09:15:29Z', at],
    ['2026-11-02T09:15:29.25Z', at + 250],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
  ])('is read from %s', (text, expected) => {
    expect(orderAt(text)).toMatchObject({ kind: 'events', events: [{ occurredAt: expected }] });
  });

  it.each([
    '2026-11-02T10:15:29',
    '2026-11-02',
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-11-02T24:00:00Z',
    '2026-11-02T10:15:29+25:00',
    '1969-12-31T23:59:59Z',
    'yesterday',
    1793610929,
  ])('is not read from %j', (date) => {
    expect(orderAt(date)).toMatchObject({
      kind: 'unusable',
      reason: 'bad_timestamp',
      problem: expect.stringMatching(/^\/processed_at: /),
    });
  });

  it('falls back on the creation, and for a payment on the webhook itself', () => {
    expect(orderAt(null, '2026-11-02T10:15:29+01:00')).toMatchObject({ events: [{ occurredAt: at }] });
    expect(orderAt(null, null)).toMatchObject({ kind: 'unusable', reason: 'bad_timestamp' });

    const webhook = shopifyWebhook('orders/paid', {
      secret: 'secret',
      at,
      payload: { updated_at: null, processed_at: null },
    });
    const headers = { ...webhook.headers, 'X-Shopify-Triggered-At': '2026-11-02T10:00:00.512473184Z' };
    expect(normaliseShopify(deliveryOf({ ...webhook, headers }))).toMatchObject({
      events: [{ name: 'purchase' }, { name: 'order_paid', occurredAt: Date.UTC(2026, 10, 2, 10, 0, 0, 512) }],
    });
  });
});

describe('whom a Shopify fact is about', () => {
  const evidence = (options: Partial<ShopifyWebhook>) => eventsOf('orders/create', options)[0]!.identifiers;
  const order = { kind: 'shopify_order_id', value: 'coffee-shop.myshopify.com/5678901234567' };

  it('is the customer, their address and number, and always the order', () => {
    expect(evidence({ email: 'Ann@Example.com', phone: '+49 30 5550123' })).toEqual([
      { kind: 'shopify_customer_id', value: '7012345678901' },
      { kind: 'email', value: 'ann@example.com' },
      { kind: 'phone', value: '+49305550123' },
      order,
    ]);
    expect(evidence({ customerId: null })).toEqual([order]);
  });

  it('is one address and one number: the first usable ones', () => {
    const payload = { email: '', contact_email: 'a@example.com', phone: null, customer: { email: 'b@example.com' } };
    expect(evidence({ payload })).toEqual([{ kind: 'email', value: 'a@example.com' }, order]);
  });

  it('is the order alone for a refund', () => {
    expect(eventsOf('refunds/create')[0]!.identifiers).toEqual([order]);
  });
});

describe('what is kept of an order', () => {
  const properties = (payload: Record<string, unknown>) => eventsOf('orders/create', { payload })[0]!.properties;

  it.each([
    ['149.90', '149.90'],
    [149.9, '149.9'],
    ['90071992547409931.01', '90071992547409931.01'],
    [0, '0'],
  ])('takes the total %j as the exact amount', (total, revenue) => {
    expect(properties({ total_price: total })['revenue']).toBe(revenue);
  });

  it('goes without a total that the shop does not send, but not with one that can not be read', () => {
    expect(properties({ total_price: undefined })).not.toHaveProperty('revenue');
    for (const total of ['149,90', '1e3', 1e30, true, {}]) {
      expect(read('orders/create', { payload: { total_price: total } })).toEqual({
        kind: 'unusable',
        reason: 'wrong_shape',
        problem: '/total_price: expected a decimal number such as "149.90"',
      });
    }
  });

  it.each([Number.MAX_SAFE_INTEGER + 1, 1.5, 0, -1, '', 'abc', null])(
    'needs an exact order id, which %j is not',
    (id) => {
      expect(read('orders/create', { payload: { id } })).toMatchObject({
        reason: 'wrong_shape',
        problem: expect.stringMatching(/^\/id: /),
      });
    },
  );

  it('takes note attributes with plain names that are not personal', () => {
    const note_attributes = [
      { name: 'offer', value: 'bundle' },
      { name: 'count', value: 3 },
      { name: '__proto__', value: 'x' },
      { name: 'recipient_name', value: 'Bo' },
      { name: 'contact', value: 'bo@example.com' },
      { name: 'Gift note', value: 'Dear Bo' },
      { name: 'nested', value: {} },
      'nonsense',
      null,
    ];
    const kept = properties({ note_attributes })['note_attributes'] as object;
    expect(Object.entries(kept)).toEqual([
      ['offer', 'bundle'],
      ['count', '3'],
      ['__proto__', 'x'],
    ]);
    expect(Object.getPrototypeOf(kept)).toBe(Object.prototype);
  });

  it('takes of the landing page its path and UTMs alone', () => {
    const landing_site = '/a?utm_source=x&utm_id=7&gclid=abc&email=a%40b.c&order_id=1&utm_term=a%40b.c';
    expect(properties({ landing_site })).toMatchObject({
      landing_site: '/a',
      utm_source: 'x',
      utm_id: '7',
      order_id: '5678901234567',
    });
    expect(properties({ landing_site })).not.toHaveProperty('gclid');
    expect(properties({ landing_site })).not.toHaveProperty('utm_term');
  });

  it('lists each product, variant, SKU and code once, and counts pieces', () => {
    const beans = { product_id: 8001234567890, variant_id: 45001234567890, sku: 'BEANS', quantity: 2, price: '9.00' };
    const line_items = [beans, { ...beans, quantity: 3 }, { sku: null, quantity: -1, price: 'free' }, 'nonsense'];
    expect(properties({ line_items, discount_codes: [{ code: 'A' }, { code: 'A' }, { code: '' }, {}] })).toMatchObject({
      product_ids: ['8001234567890'],
      variant_ids: ['45001234567890'],
      skus: ['BEANS'],
      discount_codes: ['A'],
      item_count: 5,
      items: [
        { product_id: '8001234567890', variant_id: '45001234567890', sku: 'BEANS', quantity: 2, price: '9.00' },
        { quantity: 3 },
        {},
      ],
    });
  });
});

describe('what is kept of a refund', () => {
  const amount = (payload: Record<string, unknown>) => eventsOf('refunds/create', { payload })[0]!.properties['amount'];
  const moneyBack = (text: unknown, rest = {}) => ({ kind: 'refund', status: 'success', amount: text, ...rest });

  it('is the exact sum of what went back', () => {
    expect(amount({ transactions: [moneyBack('0.10'), moneyBack('0.20')] })).toBe('0.30');
    expect(amount({ transactions: [moneyBack('0.10'), moneyBack('9.00', { status: 'failure' })] })).toBe('0.10');
    expect(amount({ transactions: [moneyBack('0.10'), moneyBack('9.00', { status: 'pending' })] })).toBe('9.10');
    expect(amount({ transactions: [moneyBack('9.00', { kind: 'sale' })] })).toBe('0');
  });

  it("is the items' worth where there are no transactions", () => {
    const refund_line_items = [{ subtotal: 0.1, total_tax: 0.2 }, { subtotal: '10.00' }];
    expect(amount({ transactions: [], refund_line_items })).toBe('10.30');
    expect(amount({ transactions: undefined, refund_line_items: [] })).toBe('0');
  });

  it('is nothing where an amount can not be read, or currencies are mixed', () => {
    const mixed = [moneyBack('1', { currency: 'EUR' }), moneyBack('1', { currency: 'USD' })];
    expect(read('refunds/create', { payload: { transactions: [moneyBack('1'), moneyBack('x')] } })).toMatchObject({
      problem: expect.stringMatching(/^\/transactions\/1\/amount: /),
    });
    expect(read('refunds/create', { payload: { transactions: mixed } })).toMatchObject({ reason: 'wrong_shape' });
  });
});
