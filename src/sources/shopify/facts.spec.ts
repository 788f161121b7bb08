import { deliveryOf, shopifyWebhook, webhookFixture, type ShopifyWebhook } from '../../../test/support/webhooks.js';
import type { IncomingEvent } from '../../profiles/incoming-event.js';
import type { Normalisation } from '../source.js';
import { normaliseShopify } from './normalise.js';

const at = Date.UTC(2026, 10, 2, 9, 15, 29);
const HOUR = 3_600_000;

type Body = Record<string, unknown>;

function read(fixture: string, changes: Body = {}, headers: Record<string, string | undefined> = {}): Normalisation {
  const { headers: given, body } = webhookFixture('shopify', fixture);
  const delivery = deliveryOf({ headers: given, body: Buffer.from(JSON.stringify({ ...body, ...changes })) });
  return normaliseShopify({ ...delivery, headers: { ...delivery.headers, ...headers } });
}

function eventsOf(read: Normalisation): IncomingEvent[] {
  if (read.kind !== 'events') throw new Error(`Not read: ${JSON.stringify(read)}`);
  return read.events;
}

const named = (events: readonly IncomingEvent[], name: string): IncomingEvent[] =>
  events.filter((event) => event.name === name);
const ids = (events: readonly IncomingEvent[]): string[] => events.map((event) => event.sourceEventId);

describe('an update of an order', () => {
  const updated = (options: Partial<ShopifyWebhook>): IncomingEvent[] => {
    const webhook = shopifyWebhook('orders/updated', { secret: 'secret', at: at + HOUR, placedAt: at, ...options });
    return eventsOf(normaliseShopify(deliveryOf(webhook)));
  };

  it('states the purchase as orders/create does, and what is new as a fact of its own', () => {
    const [purchase, update, ...rest] = updated({});
    const webhook = shopifyWebhook('orders/create', { secret: 'secret', at });
    expect([purchase]).toEqual(eventsOf(normaliseShopify(deliveryOf(webhook))));
    expect(update).toMatchObject({ name: 'order_updated', occurredAt: at + HOUR, properties: { revenue: '149.90' } });
    expect(rest).toEqual([]);
  });

  it('is one however often it is stated, and another one when the order changes again', () => {
    const first = named(updated({}), 'order_updated');
    expect(ids(named(updated({}), 'order_updated'))).toEqual(ids(first));
    expect(ids(named(updated({ at: at + 2 * HOUR }), 'order_updated'))).not.toEqual(ids(first));
  });

  it("is known by Shopify's id of the event, else of the webhook, where it doesn't say when it was", () => {
    const changes = { updated_at: null };
    const of = (headers: Record<string, string | undefined>): string[] =>
      ids(named(eventsOf(read('orders-updated', changes, headers)), 'order_updated'));
    expect(of({ 'x-shopify-webhook-id': 'another' })).toEqual(of({}));
    expect(of({ 'x-shopify-event-id': 'another' })).not.toEqual(of({}));
    const withoutEvent = { 'x-shopify-event-id': undefined };
    expect(of({ ...withoutEvent, 'x-shopify-webhook-id': 'another' })).not.toEqual(of(withoutEvent));
  });

  it('states the cancellation and the refunds under the ids of their own webhooks', () => {
    const events = eventsOf(read('orders-updated-undone'));
    const cancelled = named(eventsOf(read('orders-cancelled')), 'order_cancelled');
    expect(ids(named(events, 'order_cancelled'))).toEqual(ids(cancelled));
    expect(ids(named(events, 'order_refunded'))[0]).toEqual(ids(eventsOf(read('refunds-create')))[0]);
  });

  it.each([
    ['refunded', [], ['149.90']],
    ['refunded', [{ kind: 'refund', status: 'success', amount: '149.9', currency: 'EUR' }], ['149.9']],
    ['refunded', [{ kind: 'refund', status: 'pending', amount: '49.95', currency: 'EUR' }], ['49.95', '99.95']],
    ['refunded', [{ kind: 'refund', status: 'failure', amount: '149.90', currency: 'EUR' }], ['0', '149.90']],
    ['partially_refunded', [{ kind: 'refund', status: 'success', amount: '1.00', currency: 'EUR' }], ['1.00']],
    ['paid', [], []],
  ])('that calls itself %s is refunded by what it lists (%j), and what that lacks', (status, transactions, amounts) => {
    const refunds = transactions.length > 0 ? [{ id: 1, processed_at: '2026-11-03T00:00:00Z', transactions }] : [];
    const events = updated({ payload: { financial_status: status, refunds } });
    expect(named(events, 'order_refunded').map(({ properties }) => properties['amount'])).toEqual(amounts);
  });

  it.each([
    // All that was paid, though it is not settled yet: the adjustment takes it off again meanwhile.
    [
      [
        ['1240.71', '919.80'],
        ['125.31', '92.90'],
      ],
      [['1366.02', '1012.70']],
      '1012.70',
      'USD',
      ['1366.02', 'CAD'],
    ],
    // An amount of its own, without goods.
    [[], [['-135.00', '-100.00']], '50.01', 'USD', ['67.51', 'CAD']],
    // In the shop's currency.
    [[['20.00', '20.00']], [], '20.00', 'CAD', ['20.00', 'CAD']],
    // Nothing tells what it is worth.
    [[], [], '92.00', 'USD', ['92.00', 'USD']],
    [[['0.00', '0.00']], [], '92.00', 'USD', ['92.00', 'USD']],
  ])('is in the shop’s currency, like orders, where the buyer paid in another: %j %j %s %s', (...given) => {
    const [lines, adjustments, amount, currency, expected] = given;
    const set = ([shop, buyer]: string[]) => ({
      shop_money: { amount: shop, currency_code: 'CAD' },
      presentment_money: { amount: buyer, currency_code: currency },
    });
    const [refunded] = eventsOf(
      read('refunds-create', {
        refund_line_items: lines.map((one) => ({ subtotal: one[0], subtotal_set: set(one), total_tax_set: {} })),
        order_adjustments: adjustments.map((one) => ({ amount_set: set(one), kind: 'refund_discrepancy' })),
        transactions: [{ kind: 'refund', status: 'pending', amount, currency }],
      }),
    );
    expect([refunded!.properties['amount'], refunded!.properties['currency']]).toEqual(expected);
  });

  it('that calls itself refunded is so in full, though what it lists is in another currency', () => {
    const transactions = [{ kind: 'refund', status: 'success', amount: '140.00', currency: 'USD' }];
    const refunds = [{ id: 1, processed_at: '2026-11-03T00:00:00Z', transactions }];
    const events = updated({ payload: { financial_status: 'refunded', refunds } });
    expect(named(events, 'order_refunded').map(({ properties }) => properties['amount'])).toEqual(['140.00', '149.90']);
  });

  it('ignores refunds of test money, and points at a listed refund that is not right', () => {
    const refunds = [{ id: 1, transactions: [{ test: true, kind: 'refund', status: 'success', amount: '5' }] }];
    expect(named(updated({ payload: { refunds } }), 'order_refunded')).toEqual([]);
    expect(read('orders-updated', { refunds: [{ id: 1 }] })).toMatchObject({
      problem: expect.stringMatching(/^\/refunds\/0\/processed_at: /),
    });
    const wrong = {
      id: 1,
      processed_at: '2026-11-03T00:00:00Z',
      transactions: [{ kind: 'refund', status: 'success', amount: 'x' }],
    };
    expect(read('orders-updated', { refunds: [wrong] })).toMatchObject({
      kind: 'unusable',
      problem: expect.stringMatching(/^\/refunds\/0\/transactions\/0\/amount: /),
    });
  });
});

describe('a checkout', () => {
  it('is nobody’s until an email, a phone number or a customer is known', () => {
    expect(read('checkouts-create-anonymous')).toEqual({ kind: 'skipped', reason: 'nobody is known yet' });
    for (const known of [{ email: 'ann@example.com' }, { phone: '+4930555012' }, { customer: { id: 7 } }]) {
      expect(named(eventsOf(read('checkouts-create-anonymous', known)), 'checkout_started')).toHaveLength(1);
    }
  });

  it('states its start at its own time, whichever webhook tells of it', () => {
    const [started] = eventsOf(read('checkouts-update'));
    const [again] = eventsOf(read('checkouts-update-completed'));
    expect(again).toEqual(started);
    expect(started).toMatchObject({ name: 'checkout_started', occurredAt: Date.UTC(2026, 10, 2, 9, 5) });
  });

  it('has the id that older API versions give it', () => {
    const [started] = eventsOf(read('checkouts-update', { id: 29_471_234_567_890 }));
    expect(started!.properties).toMatchObject({ checkout_id: '29471234567890' });
  });

  it('has the tokens by which its order is found', () => {
    const [order] = eventsOf(read('orders-create'));
    for (const { properties } of eventsOf(read('checkouts-update-completed'))) {
      expect(properties).toMatchObject({
        cart_token: order!.properties['cart_token'],
        checkout_token: order!.properties['checkout_token'],
        product_ids: order!.properties['product_ids'],
      });
    }
  });

  it.each([
    ['https://s.example/1/checkouts/ab/recover?key=secret&x=ann', 'https://s.example/1/checkouts/ab/recover'],
    [
      'https://ann:pw@s.example/r?utm_source=mail&discount=A&email=a%40b.c',
      'https://s.example/r?utm_source=mail&discount=A',
    ],
    ['javascript:alert(1)', undefined],
    ['not a link', undefined],
    [7, undefined],
  ])('keeps of the link %s what opens nothing', (abandoned_checkout_url, kept) => {
    const [started] = eventsOf(read('checkouts-update', { abandoned_checkout_url }));
    expect(started!.properties['abandoned_checkout_url']).toBe(kept);
  });

  it.each([
    ['/token', { token: '../x' }],
    ['/created_at', { created_at: 'yesterday' }],
    ['/completed_at', { completed_at: 'yesterday' }],
    ['/total_price', { total_price: 'much' }],
  ])('is not read with a wrong %s', (pointer, changes) => {
    expect(read('checkouts-update', changes)).toMatchObject({
      kind: 'unusable',
      problem: expect.stringContaining(pointer),
    });
  });
});

describe('a customer', () => {
  const attributesOf = (changes: Body): Body => eventsOf(read('customers-update-before-2025', changes))[0]!.properties;

  it('is identified anew with each change, once', () => {
    const [event] = eventsOf(read('customers-update'));
    expect(event).toMatchObject({ name: 'identify', occurredAt: Date.UTC(2026, 10, 20, 7) });
    expect(ids(eventsOf(read('customers-create', { updated_at: '2026-11-20T07:00:00Z' })))).toEqual([
      event!.sourceEventId,
    ]);
  });

  it('says nothing of what the payload leaves out', () => {
    const nothing = { tags: undefined, orders_count: undefined, default_address: null, metafields: undefined };
    const attributes = attributesOf({ ...nothing, email_marketing_consent: null, total_spent: 'x' });
    for (const name of ['tags', 'orders_count', 'country', 'birthday', 'accepts_marketing', 'total_spent']) {
      expect(attributes).not.toHaveProperty(name);
    }
  });

  it('accepts marketing as the older field says where there is no other', () => {
    expect(attributesOf({ email_marketing_consent: undefined, accepts_marketing: true })).toMatchObject({
      accepts_marketing: true,
    });
  });

  it('has no names and no addresses among the attributes', () => {
    expect(JSON.stringify(attributesOf({ tags: 'a, bo@example.com' }))).not.toMatch(/Ann|Archer|Berlin|10115|@|555/);
  });
});

describe('what has a topic of its own about a customer', () => {
  const customer = [{ kind: 'shopify_customer_id', value: '7012345678901' }];

  it('is a consent from when Shopify was told of it, however far it is dated back', () => {
    const consent = (state: string) => ({ state, opt_in_level: null, consent_updated_at: '2019-01-01T00:00:00Z' });
    const [event] = eventsOf(
      read('customers-email-consent', { email_address: '', email_marketing_consent: consent('pending') }),
    );
    expect(event).toMatchObject({ properties: { accepts_marketing: false }, identifiers: customer });
    expect(event!.occurredAt).toBe(Date.UTC(2026, 10, 20, 7, 0, 1, 250));
    const [sms] = eventsOf(
      read('customers-sms-consent', { sms_marketing_consent: consent('subscribed'), phone: null }),
    );
    expect(sms).toMatchObject({ properties: { accepts_sms_marketing: true }, identifiers: customer });
  });

  it('is what has been bought, as far as it is told', () => {
    const [event] = eventsOf(read('customers-purchasing-summary', { amountSpent: null, numberOfOrders: 0 }));
    expect(event).toMatchObject({ name: 'identify', properties: { orders_count: 0 }, identifiers: customer });
    expect(event!.properties).not.toHaveProperty('total_spent');
  });

  it.each<[string, string, Body]>([
    ['/customerId', 'customers-purchasing-summary', { customerId: 7012345678901 }],
    ['/customerId', 'customer-tags-added', { customerId: 'gid://shopify/Order/1' }],
    ['/customer_id', 'customers-email-consent', { customer_id: null }],
    ['/id', 'customers-sms-consent', { id: 'x' }],
    ['/email_marketing_consent/state', 'customers-email-consent', { email_marketing_consent: null }],
    ['/sms_marketing_consent/state', 'customers-sms-consent', { sms_marketing_consent: {} }],
    ['/tags', 'customer-tags-removed', { tags: 'vip' }],
    ['/occurredAt', 'customer-tags-removed', { occurredAt: 'today' }],
  ])('is not read with a wrong %s (%s)', (pointer, fixture, changes) => {
    expect(read(fixture, changes)).toMatchObject({ kind: 'unusable', problem: expect.stringMatching(`^${pointer}: `) });
  });
});
