import type { WebhookSource } from '../source.js';
import { normaliseCustomerio } from './normalise.js';
import { verifyCustomerio } from './verify.js';

const CHANNELS = ['email', 'push', 'in_app', 'sms', 'slack', 'webhook', 'whatsapp'];
const METRICS = ['sent', 'delivered', 'opened', 'converted', 'bounced', 'failed', 'undeliverable', 'unsubscribed'];

/** Customer.io's reporting webhooks. */
export const customerioSource: WebhookSource = {
  key: 'customerio',
  eventNames: ['click', ...CHANNELS.flatMap((channel) => METRICS.map((metric) => `${channel}_${metric}`))],
  verify: verifyCustomerio,
  normalise: normaliseCustomerio,
};
