import type { WebhookSource } from '../source.js';
import { normaliseCustomerio } from './normalise.js';
import { verifyCustomerio } from './verify.js';

/** Customer.io's reporting webhooks. */
export const customerioSource: WebhookSource = {
  key: 'customerio',
  verify: verifyCustomerio,
  normalise: normaliseCustomerio,
};
