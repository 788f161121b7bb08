import { customerioDeliveries, customerioMetrics } from './customerio-mappings.js';
import { eventsMapping } from './events-mapping.js';
import type { ImportMapping } from './mapping.js';
import { shopifyOrders } from './shopify-mapping.js';

/** The kinds of files that can be imported; the one list. */
export const IMPORT_MAPPINGS: readonly ImportMapping[] = [
  eventsMapping,
  customerioMetrics,
  customerioDeliveries,
  shopifyOrders,
];
