import { customerioKind } from './customerio/customerio-kind.js';
import type { DestinationKind } from './destination-kind.js';
import { ga4Kind } from './ga4/ga4-destination.js';
import { webhookKind } from './webhook/webhook-destination.js';

/** Every kind of destination. Adding one is its folder and a line here. */
export const DESTINATION_KINDS: readonly DestinationKind[] = [customerioKind, webhookKind, ga4Kind];
