import { verifyHmac } from '../hmac.js';
import type { Verification, WebhookDelivery } from '../source.js';

const SIGNATURE = 'x-shopify-hmac-sha256';

/** Checks the HMAC-SHA256, in base64, of the raw body. Shopify signs no headers. */
export function verifyShopify({ headers, body }: WebhookDelivery, secrets: readonly string[]): Verification {
  const signature = headers[SIGNATURE];
  if (!signature) return { ok: false, problem: `${SIGNATURE} is missing` };
  return verifyHmac({ pieces: [body], signature, encoding: 'base64' }, secrets);
}
