import type { WebhookSource } from '../source.js';
import { normaliseShopify } from './normalise.js';
import { verifyShopify } from './verify.js';

/** Shopify's order and refund webhooks. */
export const shopifySource: WebhookSource = {
  key: 'shopify',
  eventNames: ['purchase', 'order_paid', 'order_cancelled', 'order_refunded'],
  verify: verifyShopify,
  normalise: normaliseShopify,
};
