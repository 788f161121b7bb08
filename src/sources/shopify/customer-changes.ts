import { IDENTIFY } from '../../core/history-event.js';
import type { Instant } from '../../core/instant.js';
import type { IncomingEvent } from '../../profiles/incoming-event.js';
import { objectIn, type JsonObject } from '../json-body.js';
import { propertiesOf } from '../kept-properties.js';
import { UnusableDelivery } from '../unusable-delivery.js';
import { consentIn, keptTags } from './customer-facts.js';
import { amountText, firstInstant, requiredId } from './fields.js';
import { buyerOf, stateId, type Notice } from './notice.js';

// Since Shopify's API version 2025-01 a customer's own webhooks tell none of this; each has a topic of its own.

/** Whether somebody wants emails. */
export function emailConsentFacts(notice: Notice): IncomingEvent[] {
  const { email_address: email, email_marketing_consent: consent } = notice.payload;
  const accepts_marketing = consentAt('/email_marketing_consent', consent);
  const customer = { id: requiredId(notice.payload, 'customer_id'), email };
  return [attributesFact(notice, { customer, about: 'email_consent', attributes: { accepts_marketing } })];
}

/** Whether somebody wants text messages. */
export function smsConsentFacts(notice: Notice): IncomingEvent[] {
  const { phone, sms_marketing_consent: consent } = notice.payload;
  const accepts_sms_marketing = consentAt('/sms_marketing_consent', consent);
  const customer = { id: requiredId(notice.payload, 'id'), phone };
  return [attributesFact(notice, { customer, about: 'sms_consent', attributes: { accepts_sms_marketing } })];
}

/** How much somebody has bought by now. */
export function purchasingFacts(notice: Notice): IncomingEvent[] {
  const { numberOfOrders: count, amountSpent: spent } = notice.payload;
  const attributes = propertiesOf([
    ['orders_count', typeof count === 'number' && Number.isSafeInteger(count) ? count : undefined],
    ['total_spent', amountText(objectIn(spent)['amount'])],
  ]);
  const customer = { id: namedCustomer(notice) };
  return [attributesFact(notice, { customer, about: 'purchasing', attributes, at: statedAt(notice) })];
}

/** Only what was added or removed is told, not which tags there are: an event, not an attribute. */
export function tagFacts(name: 'customer_tags_added' | 'customer_tags_removed'): (notice: Notice) => IncomingEvent[] {
  return (notice) => {
    const { tags } = notice.payload;
    if (!Array.isArray(tags)) throw new UnusableDelivery('wrong_shape', '/tags', 'a list of texts');
    const customer = { id: namedCustomer(notice) };
    return [fact(notice, { customer, about: name, name, properties: { tags: keptTags(tags) }, at: statedAt(notice) })];
  };
}

interface Change {
  customer: JsonObject & { id: string };
  /** What tells it apart from other changes of one moment. */
  about: string;
  name: string;
  properties: Record<string, unknown>;
  at: Instant;
}

function fact(notice: Notice, { customer, about, name, properties, at }: Change): IncomingEvent {
  return {
    sourceEventId: `${notice.shop}/customers/${customer.id}/${about}/${stateId(notice)}`,
    name,
    occurredAt: at,
    identifiers: buyerOf({ customer }),
    properties,
    isRestated: true,
  };
}

type AttributesChange = Pick<Change, 'customer' | 'about'> & { attributes: Record<string, unknown>; at?: Instant };

function attributesFact(
  notice: Notice,
  { customer, about, attributes, at = noticedAt(notice) }: AttributesChange,
): IncomingEvent {
  return fact(notice, { customer, about, name: IDENTIFY, properties: attributes, at });
}

/** A consent may be dated back, and holds from when Shopify was told of it all the same. */
function noticedAt({ triggeredAt }: Notice): Instant {
  return firstInstant(['x-shopify-triggered-at', triggeredAt]);
}

function statedAt({ payload, triggeredAt }: Notice): Instant {
  return firstInstant(['/occurredAt', payload['occurredAt']], ['x-shopify-triggered-at', triggeredAt]);
}

function consentAt(pointer: string, consent: unknown): boolean {
  const accepts = consentIn(consent);
  if (accepts === undefined) throw new UnusableDelivery('wrong_shape', `${pointer}/state`, 'a text');
  return accepts;
}

/** The customer of a payload that names things by Shopify's global ids. */
function namedCustomer({ payload: { customerId } }: Notice): string {
  const [, id] = (typeof customerId === 'string' && /^gid:\/\/shopify\/Customer\/(\d{1,20})$/.exec(customerId)) || [];
  if (id !== undefined) return id;
  throw new UnusableDelivery('wrong_shape', '/customerId', 'a text such as gid://shopify/Customer/7012345678901');
}
