import { createHash, createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { toIso, type Instant } from '../../src/core/instant.js';
import type { Normalisation, WebhookDelivery } from '../../src/sources/source.js';

/** A request as a sender makes it. */
export interface SentWebhook {
  path: string;
  headers: Record<string, string>;
  body: Buffer;
}

/** A delivery of real shape, with what it must be read as. */
export interface WebhookFixture {
  name: string;
  says: string;
  headers: Record<string, string>;
  body: Record<string, unknown>;
  expected: Normalisation;
}

const SOURCES = new URL('../../src/sources/', import.meta.url);

/** The fixtures of a source, by name. */
export function webhookFixtures(source: string): WebhookFixture[] {
  const folder = new URL(`${source}/fixtures/`, SOURCES);
  return readdirSync(folder)
    .sort()
    .map((file) => ({
      name: file.replace('.json', ''),
      headers: {},
      ...(JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Omit<WebhookFixture, 'name' | 'headers'>),
    }));
}

export function webhookFixture(source: string, name: string): WebhookFixture {
  const fixture = webhookFixtures(source).find((one) => one.name === name);
  if (!fixture) throw new Error(`There is no fixture "${name}" of ${source}`);
  return fixture;
}

/** A request as a source is given it: header names in lower case, as Node gives them. */
export function deliveryOf({ headers, body }: Pick<SentWebhook, 'headers' | 'body'>): WebhookDelivery {
  return { headers: Object.fromEntries(new Headers(headers)), body };
}

/** What each sender adds to a request by signing it. */
export const SIGN: Readonly<Record<string, (body: Buffer, secret: string) => Record<string, string>>> = {
  customerio: (body, secret) => signCustomerio(body, secret, 1_793_440_801),
  shopify: (body, secret) => ({ 'X-Shopify-Hmac-Sha256': createHmac('sha256', secret).update(body).digest('base64') }),
};

function signCustomerio(body: Buffer, secret: string, seconds: number): Record<string, string> {
  const hmac = createHmac('sha256', secret).update(`v0:${seconds}:`).update(body);
  return { 'X-CIO-Timestamp': String(seconds), 'X-CIO-Signature': hmac.digest('hex') };
}

export interface CustomerioWebhook {
  secret: string;
  /** When it happened; Customer.io knows whole seconds only. */
  at: Instant;
  /** `email` unless given. */
  objectType?: string;
  /** `clicked` unless given. */
  metric?: string;
  identifiers?: { id?: string | null; email?: string | null; cio_id?: string };
  href?: string;
  /** Derived from everything else unless given, so that the same webhook has the same id. */
  eventId?: string;
  /** Beyond or instead of the campaign email's own fields; undefined leaves one out. */
  data?: Record<string, unknown>;
}

/** A reporting webhook of campaign 7, signed: a click in an email unless another metric is asked for. */
export function customerioWebhook(options: CustomerioWebhook): SentWebhook {
  const { secret, at, objectType = 'email', metric = 'clicked' } = options;
  const { href = 'https://shop.example/', identifiers = { id: '4711' } } = options;
  const seconds = Math.floor(at / 1_000);
  const content = {
    object_type: objectType,
    metric,
    timestamp: seconds,
    data: {
      campaign_id: 7,
      action_id: 61,
      delivery_id: 'dgSc2gYDAJTfBpPfBgGTM0a1',
      identifiers,
      ...(metric === 'clicked' ? { href, link_id: 1 } : {}),
      ...options.data,
    },
  };
  const eventId = options.eventId ?? ulidLike(JSON.stringify(content));
  const body = Buffer.from(JSON.stringify({ event_id: eventId, ...content }));
  return sent('customerio', signCustomerio(body, secret, seconds), body);
}

export type ShopifyTopic = 'orders/create' | 'orders/paid' | 'orders/updated' | 'orders/cancelled' | 'refunds/create';

export interface ShopifyWebhook {
  secret: string;
  /** When what the topic tells of happened: the purchase, the payment, the cancellation, the refund. */
  at: Instant;
  /** When the order was placed, where the topic tells of something later; `at` unless given. */
  placedAt?: Instant;
  orderId?: number;
  customerId?: number | null;
  email?: string | null;
  phone?: string | null;
  /** The order's total price, or how much is refunded. */
  amount?: string;
  shop?: string;
  /** Instead of the payload's own fields; undefined leaves one out. */
  payload?: Record<string, unknown>;
}

/** An order or refund webhook, signed. */
export function shopifyWebhook(topic: ShopifyTopic, options: ShopifyWebhook): SentWebhook {
  const { secret, at, shop = 'coffee-shop.myshopify.com' } = options;
  const payload = topic === 'refunds/create' ? refundPayload(options) : orderPayload(topic, options);
  const body = Buffer.from(JSON.stringify({ ...payload, ...options.payload }));
  return sent(
    'shopify',
    {
      'X-Shopify-Topic': topic,
      'X-Shopify-Shop-Domain': shop,
      'X-Shopify-API-Version': '2026-10',
      'X-Shopify-Webhook-Id': ulidLike(`webhook ${body.toString()}`),
      'X-Shopify-Event-Id': ulidLike(`event ${body.toString()}`),
      'X-Shopify-Triggered-At': toIso(at),
      ...SIGN['shopify']!(body, secret),
    },
    body,
  );
}

function orderPayload(topic: ShopifyTopic, options: ShopifyWebhook): Record<string, unknown> {
  const {
    at,
    placedAt = at,
    orderId = 5678901234567,
    customerId = 7012345678901,
    email = null,
    phone = null,
  } = options;
  return {
    ...webhookFixture('shopify', 'orders-create').body,
    id: orderId,
    name: `#${orderId % 10_000}`,
    email,
    contact_email: email,
    phone,
    customer: customerId === null ? null : { id: customerId, email, phone },
    ...(options.amount === undefined ? {} : { total_price: options.amount, current_total_price: options.amount }),
    created_at: shopDate(placedAt),
    processed_at: shopDate(placedAt),
    updated_at: shopDate(at),
    cancelled_at: topic === 'orders/cancelled' ? shopDate(at) : null,
    financial_status: topic === 'orders/paid' ? 'paid' : 'pending',
  };
}

function refundPayload({ at, orderId = 5678901234567, amount = '149.90' }: ShopifyWebhook): Record<string, unknown> {
  const transaction = { id: 1068278526, order_id: orderId, kind: 'refund', status: 'success', test: false };
  return {
    ...webhookFixture('shopify', 'refunds-create').body,
    id: 929_361_471_234 + (Math.floor(at / 1_000) % 1_000_000_000),
    order_id: orderId,
    created_at: shopDate(at),
    processed_at: shopDate(at),
    transactions: [{ ...transaction, amount, currency: 'EUR', processed_at: shopDate(at) }],
  };
}

/** Shopify writes an offset, and no fraction of a whole second. */
function shopDate(at: Instant): string {
  return toIso(at).replace(/(\.000)?Z$/, '+00:00');
}

function sent(source: string, headers: Record<string, string>, body: Buffer): SentWebhook {
  return { path: `/v1/sources/${source}`, headers: { 'Content-Type': 'application/json', ...headers }, body };
}

function ulidLike(content: string): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 26).toUpperCase();
}
