import { customerioSource } from './customerio/customerio-source.js';
import { shopifySource } from './shopify/shopify-source.js';
import type { WebhookSource } from './source.js';

/** The systems whose webhooks come in; the one list. */
export const WEBHOOK_SOURCES: readonly WebhookSource[] = [customerioSource, shopifySource];
