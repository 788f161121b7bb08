import { addDecimals, compareDecimals, decimalToString, parseDecimal, ZERO } from '../../core/decimal.js';
import type { Instant } from '../../core/instant.js';
import { PURCHASE } from '../../core/net-purchases.js';
import type { Identifier } from '../../profiles/identifier.js';
import type { IncomingEvent } from '../../profiles/incoming-event.js';
import { evidenceFrom } from '../evidence.js';
import { objectsIn, type JsonObject } from '../json-body.js';
import { keptScalar, propertiesOf } from '../kept-properties.js';
import { firstInstant, requiredId } from './fields.js';
import { buyerOf, changedAt, stateId, type Notice } from './notice.js';
import { orderProperties } from './order-properties.js';
import { isTestRefund, refundProperties } from './refund-properties.js';

/**
 * What an order states under every topic: that it was bought, perhaps that it was cancelled, and each of its refunds. So
 * no fact depends on the arrival of one webhook.
 */
export function orderFacts(notice: Notice, ofTopic: readonly IncomingEvent[] = []): IncomingEvent[] {
  const isStated = ofTopic.some(({ name }) => name === 'order_cancelled');
  const isCancelled = !isStated && (notice.payload['cancelled_at'] ?? null) !== null;
  const refunds = listedRefunds(notice);
  return [
    purchase(notice),
    ...ofTopic,
    ...(isCancelled ? [orderCancelled(notice)] : []),
    ...refunds,
    ...unlistedRefund(notice, refunds),
  ];
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
export function orderPaid(notice: Notice): IncomingEvent {
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

/** An order as it is now; the purchase stands as it was first stated. */
export function orderUpdated(notice: Notice): IncomingEvent {
  const { payload } = notice;
  const fact = orderFact(notice, {
    id: `updated/${stateId(notice)}`,
    name: 'order_updated',
    occurredAt: changedAt(notice),
  });
  const state = propertiesOf([
    ['financial_status', keptScalar(payload['financial_status'])],
    ['fulfillment_status', keptScalar(payload['fulfillment_status'])],
    ['current_total', keptScalar(payload['current_total_price'])],
  ]);
  return { ...fact, properties: { ...fact.properties, ...state } };
}

export function orderCancelled(notice: Notice): IncomingEvent {
  return orderFact(notice, {
    id: 'cancelled',
    name: 'order_cancelled',
    occurredAt: firstInstant(['/cancelled_at', notice.payload['cancelled_at']]),
  });
}

/** A refund webhook names its order alone. */
export function orderRefunded({ shop, payload }: Notice): IncomingEvent {
  return refundFact(payload, { shop, orderId: requiredId(payload, 'order_id'), buyer: buyerOf(payload), pointer: '' });
}

function listedRefunds({ shop, payload }: Notice): IncomingEvent[] {
  const orderId = requiredId(payload, 'id');
  return objectsIn(payload['refunds']).flatMap((refund, index) =>
    isTestRefund(refund)
      ? []
      : [refundFact(refund, { shop, orderId, buyer: buyerOf(payload), pointer: `/refunds/${index}` })],
  );
}

/** What an order that calls itself refunded doesn't account for by its list of refunds. */
function unlistedRefund(notice: Notice, listed: readonly IncomingEvent[]): IncomingEvent[] {
  if (notice.payload['financial_status'] !== 'refunded') return [];
  const { properties, ...fact } = orderFact(notice, {
    id: 'refunded',
    name: 'order_refunded',
    occurredAt: changedAt(notice),
  });
  const { order_id, currency, revenue } = properties;
  let left = parseDecimal(String(revenue));
  for (const refund of listed) {
    // What went back in another currency is a part of what is left.
    if ((refund.properties['currency'] ?? currency) !== currency) continue;
    const amount = parseDecimal(String(refund.properties['amount']));
    if (left && amount) left = addDecimals(left, { ...amount, units: -amount.units });
  }
  if (!left || compareDecimals(left, ZERO) <= 0) return [];
  return [{ ...fact, properties: propertiesOf(Object.entries({ order_id, amount: decimalToString(left), currency })) }];
}

interface Refunded {
  shop: string;
  orderId: string;
  buyer: Identifier[];
  /** Where the refund stands in the body. */
  pointer: string;
}

/** Stated by its own webhook, and again by its order under each topic. */
function refundFact(refund: JsonObject, { shop, orderId, buyer, pointer }: Refunded): IncomingEvent {
  return {
    sourceEventId: `${shop}/refunds/${requiredId(refund, 'id', pointer)}`,
    name: 'order_refunded',
    occurredAt: firstInstant(
      [`${pointer}/processed_at`, refund['processed_at']],
      [`${pointer}/created_at`, refund['created_at']],
    ),
    identifiers: withOrder(buyer, shop, orderId),
    properties: refundProperties(refund, orderId, pointer),
    isRestated: true,
  };
}

function orderFact(
  { shop, payload }: Notice,
  { id, name, occurredAt }: { id: string; name: string; occurredAt: Instant },
): IncomingEvent {
  const orderId = requiredId(payload, 'id');
  return {
    sourceEventId: `${shop}/orders/${orderId}/${id}`,
    name,
    occurredAt,
    identifiers: withOrder(buyerOf(payload), shop, orderId),
    properties: orderProperties(payload),
    isRestated: true,
  };
}

function withOrder(buyer: Identifier[], shop: string, orderId: string): Identifier[] {
  return [...buyer, ...evidenceFrom([['shopify_order_id', `${shop}/${orderId}`]])];
}
