import { PURCHASE } from '../../core/net-purchases.js';
import type { Identifier } from '../../profiles/identifier.js';
import type { IncomingEvent } from '../../profiles/incoming-event.js';
import { evidenceFrom } from '../evidence.js';
import { objectIn, readJsonBody, type JsonObject } from '../json-body.js';
import type { WebhookDelivery } from '../source.js';
import { normaliseWith, UnusableDelivery } from '../unusable-delivery.js';
import { firstInstant, idText, requiredId } from './fields.js';
import { orderProperties } from './order-properties.js';
import { isTestRefund, refundProperties } from './refund-properties.js';

/** What a topic's payload, and the headers beside it, are about. */
interface Notice {
  shop: string;
  triggeredAt: string | undefined;
  payload: JsonObject;
}

/** The facts that each topic states. Every order topic states the purchase, so that none depends on another's arrival. */
const TOPICS: ReadonlyMap<string, (notice: Notice) => IncomingEvent[]> = new Map([
  ['orders/create', (notice) => [purchase(notice)]],
  ['orders/paid', (notice) => [purchase(notice), orderPaid(notice)]],
  ['orders/cancelled', (notice) => [purchase(notice), orderCancelled(notice)]],
  ['refunds/create', (notice) => [orderRefunded(notice)]],
]);

/**
 * Reads an order or refund webhook. Facts are identified by shop and order, not by webhook, so that however often and
 * under whichever topic Shopify states one, it counts once.
 */
export const normaliseShopify = normaliseWith(({ headers, body }) => {
  const factsOf = TOPICS.get(headers['x-shopify-topic'] ?? '');
  if (!factsOf)
    throw new UnusableDelivery('unknown_topic', 'x-shopify-topic', `one of ${[...TOPICS.keys()].join(', ')}`);
  const payload = readJsonBody(body);
  if (payload['test'] === true || isTestRefund(payload)) return { kind: 'skipped', reason: 'test order' };
  return {
    kind: 'events',
    events: factsOf({ shop: shopOf(headers), triggeredAt: headers['x-shopify-triggered-at'], payload }),
  };
});

function shopOf(headers: WebhookDelivery['headers']): string {
  const shop = headers['x-shopify-shop-domain']?.toLowerCase() ?? '';
  if (/^[a-z0-9][a-z0-9.-]{0,252}$/.test(shop)) return shop;
  throw new UnusableDelivery('wrong_shape', 'x-shopify-shop-domain', 'a host name');
}

function purchase(notice: Notice): IncomingEvent {
  const { processed_at: processedAt, created_at: createdAt } = notice.payload;
  return orderFact(notice, {
    id: 'purchase',
    name: PURCHASE,
    occurredAt: firstInstant(['/processed_at', processedAt], ['/created_at', createdAt]),
  });
}

/** Orders don't say when they were paid; the change that the webhook tells of is the closest. */
function orderPaid(notice: Notice): IncomingEvent {
  const { updated_at: updatedAt, processed_at: processedAt } = notice.payload;
  return orderFact(notice, {
    id: 'paid',
    name: 'order_paid',
    occurredAt: firstInstant(
      ['/updated_at', updatedAt],
      ['/processed_at', processedAt],
      ['x-shopify-triggered-at', notice.triggeredAt],
    ),
  });
}

function orderCancelled(notice: Notice): IncomingEvent {
  return orderFact(notice, {
    id: 'cancelled',
    name: 'order_cancelled',
    occurredAt: firstInstant(['/cancelled_at', notice.payload['cancelled_at']]),
  });
}

function orderFact(
  { shop, payload }: Notice,
  { id, name, occurredAt }: { id: string; name: string; occurredAt: number },
): IncomingEvent {
  const orderId = requiredId(payload, 'id');
  return {
    sourceEventId: `${shop}/orders/${orderId}/${id}`,
    name,
    occurredAt,
    identifiers: buyerOf(shop, orderId, payload),
    properties: orderProperties(payload),
    isRestated: true,
  };
}

function orderRefunded({ shop, payload }: Notice): IncomingEvent {
  const { processed_at: processedAt, created_at: createdAt } = payload;
  return {
    sourceEventId: `${shop}/refunds/${requiredId(payload, 'id')}`,
    name: 'order_refunded',
    occurredAt: firstInstant(['/processed_at', processedAt], ['/created_at', createdAt]),
    identifiers: buyerOf(shop, requiredId(payload, 'order_id'), payload),
    properties: refundProperties(payload),
  };
}

/** A refund names its order alone; guests have no customer id, and orders at a till perhaps nothing but the order. */
function buyerOf(shop: string, orderId: string, payload: JsonObject): Identifier[] {
  const customer = objectIn(payload['customer']);
  const [email] = evidenceFrom([
    ['email', payload['email']],
    ['email', payload['contact_email']],
    ['email', customer['email']],
  ]);
  const [phone] = evidenceFrom([
    ['phone', payload['phone']],
    ['phone', customer['phone']],
  ]);
  return evidenceFrom([
    ['shopify_customer_id', idText(customer['id'])],
    ['email', email?.value],
    ['phone', phone?.value],
    ['shopify_order_id', `${shop}/${orderId}`],
  ]);
}
