import type { IncomingEvent } from '../../profiles/incoming-event.js';
import { readJsonBody } from '../json-body.js';
import type { WebhookDelivery } from '../source.js';
import { normaliseWith, UnusableDelivery } from '../unusable-delivery.js';
import { checkoutFacts } from './checkout-facts.js';
import { emailConsentFacts, purchasingFacts, smsConsentFacts, tagFacts } from './customer-changes.js';
import { customerFacts } from './customer-facts.js';
import { noticeOf, type Notice } from './notice.js';
import { orderCancelled, orderFacts, orderPaid, orderRefunded, orderUpdated } from './order-facts.js';
import { isTestRefund } from './refund-properties.js';

/** The facts that each topic states. */
export const SHOPIFY_TOPICS: ReadonlyMap<string, (notice: Notice) => IncomingEvent[]> = new Map([
  ['orders/create', (notice) => orderFacts(notice)],
  ['orders/paid', (notice) => orderFacts(notice, [orderPaid(notice)])],
  ['orders/updated', (notice) => orderFacts(notice, [orderUpdated(notice)])],
  ['orders/cancelled', (notice) => orderFacts(notice, [orderCancelled(notice)])],
  ['refunds/create', (notice) => [orderRefunded(notice)]],
  ['checkouts/create', checkoutFacts],
  ['checkouts/update', checkoutFacts],
  ['customers/create', customerFacts],
  ['customers/update', customerFacts],
  ['customers/purchasing_summary', purchasingFacts],
  ['customers_email_marketing_consent/update', emailConsentFacts],
  ['customers_marketing_consent/update', smsConsentFacts],
  ['customer.tags_added', tagFacts('customer_tags_added')],
  ['customer.tags_removed', tagFacts('customer_tags_removed')],
]);

/**
 * Reads a webhook about an order, a refund, a checkout or a customer. Facts are identified by shop and what they are
 * about, not by webhook, so that however often and under whichever topic Shopify states one, it counts once.
 */
export const normaliseShopify = normaliseWith<WebhookDelivery>(({ headers, body }) => {
  const factsOf = SHOPIFY_TOPICS.get(headers['x-shopify-topic'] ?? '');
  if (!factsOf) {
    const known = [...SHOPIFY_TOPICS.keys()].join(', ');
    throw new UnusableDelivery('unknown_topic', 'x-shopify-topic', `one of ${known}`);
  }
  const payload = readJsonBody(body);
  if (payload['test'] === true || isTestRefund(payload)) return { kind: 'skipped', reason: 'test order' };
  const events = factsOf(noticeOf(headers, payload));
  return events.length > 0 ? { kind: 'events', events } : { kind: 'skipped', reason: 'nobody is known yet' };
});
