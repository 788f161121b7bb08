import { readJsonBody } from '../json-body.js';
import type { Source, WebhookDelivery } from '../source.js';
import { normaliseWith } from '../unusable-delivery.js';
import { readCall } from './read-call.js';

/** Whatever speaks Segment's HTTP API: Segment, RudderStack, Customer.io Pipelines, analytics SDKs. A delivery is a call. */
export const segmentSource: Source = {
  key: 'segment',
  normalise: normaliseWith<WebhookDelivery>(({ body }) => readCall(readJsonBody(body))),
};
