import type { Instant } from '../../core/instant.js';
import type { Identifier } from '../../profiles/identifier.js';
import { evidenceFrom } from '../evidence.js';
import { objectIn, type JsonObject } from '../json-body.js';
import type { WebhookDelivery } from '../source.js';
import { UnusableDelivery } from '../unusable-delivery.js';
import { firstInstant, idText } from './fields.js';

/** What a topic's payload, and the headers beside it, are about. */
export interface Notice {
  shop: string;
  triggeredAt: string | undefined;
  /** Shopify's own ids of what happened and of its delivery, the first that is there. */
  deliveryId: string | undefined;
  payload: JsonObject;
}

export function noticeOf(headers: WebhookDelivery['headers'], payload: JsonObject): Notice {
  return {
    shop: shopOf(headers),
    triggeredAt: headers['x-shopify-triggered-at'],
    deliveryId: headers['x-shopify-event-id'] ?? headers['x-shopify-webhook-id'],
    payload,
  };
}

function shopOf(headers: WebhookDelivery['headers']): string {
  const shop = headers['x-shopify-shop-domain']?.toLowerCase() ?? '';
  if (/^[a-z0-9][a-z0-9.-]{0,252}$/.test(shop)) return shop;
  throw new UnusableDelivery('wrong_shape', 'x-shopify-shop-domain', 'a host name');
}

/** When the payload last changed; where it doesn't say so, when Shopify noticed. */
export function changedAt({ payload, triggeredAt }: Notice): Instant {
  return firstInstant(['/updated_at', payload['updated_at']], ['x-shopify-triggered-at', triggeredAt]);
}

/**
 * What tells one state of a thing from another: when it changed, so that a state that is stated under several webhook ids,
 * or again by hand, is one; else Shopify's own id of the change.
 */
export function stateId(notice: Notice): string {
  const { updated_at: updatedAt } = notice.payload;
  if (updatedAt !== undefined && updatedAt !== null) return String(changedAt(notice));
  const { deliveryId } = notice;
  if (deliveryId !== undefined && /^[\x21-\x7e]{1,200}$/.test(deliveryId)) return deliveryId;
  throw new UnusableDelivery('wrong_shape', 'x-shopify-event-id', '1 to 200 printable characters without spaces');
}

/** Guests have no customer id, and orders at a till perhaps nothing but themselves. */
export function buyerOf(payload: JsonObject): Identifier[] {
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
  ]);
}
