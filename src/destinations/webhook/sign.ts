import { createHmac, randomBytes } from 'node:crypto';

/** A secret of Standard Webhooks: `whsec_` and 24 to 64 bytes in base64. */
export const WEBHOOK_SECRET = /^whsec_[A-Za-z0-9+/]{32,86}={0,2}$/;

/** A new one, of 32 random bytes. */
export function makeWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

export interface SignedMessage {
  /** The same for every attempt at the same message. */
  id: string;
  /** Of this attempt, in unix seconds. */
  timestamp: number;
  body: string;
}

/**
 * The headers of Standard Webhooks: HMAC-SHA256 over id, timestamp and body, one signature for each secret, so that
 * receivers who know either the old or the new one can verify while one replaces the other.
 */
export function webhookHeaders({ id, timestamp, body }: SignedMessage, secrets: readonly string[]) {
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': signatures.join(' ') };
}
