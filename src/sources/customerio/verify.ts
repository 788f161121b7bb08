import { verifyHmac } from '../hmac.js';
import type { Verification, WebhookDelivery } from '../source.js';

const SIGNATURE = 'x-cio-signature';
const TIMESTAMP = 'x-cio-timestamp';

/**
 * Checks the HMAC-SHA256, in lower-case hex, of `v0:<timestamp>:<raw body>`. A signature has no end: Customer.io retries
 * for 7 days and is not known to sign retries afresh, and a replayed event is but a duplicate.
 */
export function verifyCustomerio({ headers, body }: WebhookDelivery, secrets: readonly string[]): Verification {
  const signature = headers[SIGNATURE];
  const timestamp = headers[TIMESTAMP];
  if (!signature) return { ok: false, problem: `${SIGNATURE} is missing` };
  // Digits only: a colon in it would let the same signature stand for another split into timestamp and body.
  if (!timestamp || !/^\d{1,12}$/.test(timestamp)) {
    return { ok: false, problem: `${TIMESTAMP} is missing or no number of seconds` };
  }
  return verifyHmac({ pieces: [`v0:${timestamp}:`, body], signature, encoding: 'hex' }, secrets);
}
