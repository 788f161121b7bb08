import { createHmac } from 'node:crypto';
import { verifyRequestSignature } from 'customerio-node';
import { customerioWebhook, deliveryOf } from '../../../test/support/webhooks.js';
import { verifyCustomerio } from './verify.js';

const secret = 'cio secret';
const webhook = customerioWebhook({ secret, at: Date.UTC(2026, 9, 31, 10), href: 'https://shop.example/?q=käse' });

describe("Customer.io's signature", () => {
  it("is the one that Customer.io's own library checks", () => {
    const { headers, body } = deliveryOf(webhook);
    const signature = { timestamp: headers['x-cio-timestamp']!, signature: headers['x-cio-signature']!, body };
    expect(verifyRequestSignature({ signingSecret: secret, ...signature })).toBe(true);
    expect(verifyCustomerio(deliveryOf(webhook), [secret])).toEqual({ ok: true });
  });

  it('covers the timestamp', () => {
    const headers = { ...webhook.headers, 'X-CIO-Timestamp': '1793440802' };
    expect(verifyCustomerio(deliveryOf({ ...webhook, headers }), [secret]).ok).toBe(false);
  });

  it('covers more than the body', () => {
    const bodyAlone = createHmac('sha256', secret).update(webhook.body).digest('hex');
    const headers = { ...webhook.headers, 'X-CIO-Signature': bodyAlone };
    expect(verifyCustomerio(deliveryOf({ ...webhook, headers }), [secret]).ok).toBe(false);
  });

  it('does not stand for another split of the signed text into timestamp and body', () => {
    const text = webhook.body.toString();
    const split = text.indexOf(':');
    const headers = {
      ...webhook.headers,
      'X-CIO-Timestamp': `${webhook.headers['X-CIO-Timestamp']}:${text.slice(0, split)}`,
    };
    const shifted = { headers, body: Buffer.from(text.slice(split + 1)) };
    expect(verifyCustomerio(deliveryOf(shifted), [secret]).ok).toBe(false);
  });
});
