import { customerioSource } from './customerio/customerio-source.js';
import { segmentSource } from './segment/segment-source.js';
import { shopifySource } from './shopify/shopify-source.js';
import type { Source, WebhookSource } from './source.js';

/** The systems whose webhooks come in. */
export const WEBHOOK_SOURCES: readonly WebhookSource[] = [customerioSource, shopifySource];

/** All systems that facts come from; the one list. */
export const SOURCES: readonly Source[] = [...WEBHOOK_SOURCES, segmentSource];
