import type { WebhookSource } from '../source.js';
import { normaliseShopify } from './normalise.js';
import { verifyShopify } from './verify.js';

/** Shopify's order and refund webhooks. */
export const shopifySource: WebhookSource = {
  key: 'shopify',
  verify: verifyShopify,
  normalise: normaliseShopify,
};
