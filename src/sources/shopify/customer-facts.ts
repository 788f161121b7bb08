import { IDENTIFY } from '../../core/history-event.js';
import type { IncomingEvent } from '../../profiles/incoming-event.js';
import { objectIn, objectsIn, type JsonObject } from '../json-body.js';
import { keptScalar, propertiesOf } from '../kept-properties.js';
import { amountText, requiredId } from './fields.js';
import { buyerOf, changedAt, stateId, type Notice } from './notice.js';

const MOST_TAGS = 100;

/** Metafields in which shops keep a birthday; the first is Shopify's own. */
const BIRTHDAY_KEYS = ['birth_date', 'birthday', 'date_of_birth'];

/** What a customer is like, as attributes. Only what rules ask for: no name, no address beyond the country. */
export function customerFacts(notice: Notice): IncomingEvent[] {
  const { shop, payload } = notice;
  const id = requiredId(payload, 'id');
  return [
    {
      sourceEventId: `${shop}/customers/${id}/${stateId(notice)}`,
      name: IDENTIFY,
      occurredAt: changedAt(notice),
      identifiers: buyerOf({ customer: payload }),
      properties: attributesOf(payload),
      isRestated: true,
    },
  ];
}

function attributesOf(customer: JsonObject): Record<string, unknown> {
  const ordersCount = customer['orders_count'];
  return propertiesOf([
    ['country', countryOf(customer)],
    ['tags', tagsOf(customer['tags'])],
    ['accepts_marketing', consentIn(customer['email_marketing_consent']) ?? flag(customer['accepts_marketing'])],
    ['accepts_sms_marketing', consentIn(customer['sms_marketing_consent'])],
    ['orders_count', typeof ordersCount === 'number' ? keptScalar(ordersCount) : undefined],
    ['total_spent', amountText(customer['total_spent'])],
    ['currency', keptScalar(customer['currency'])],
    ['account_state', keptScalar(customer['state'])],
    ['verified_email', flag(customer['verified_email'])],
    ['tax_exempt', flag(customer['tax_exempt'])],
    ['customer_since', keptScalar(customer['created_at'])],
    ['birthday', birthdayOf(customer)],
  ]);
}

function countryOf(customer: JsonObject): string | undefined {
  const { country_code: code } = objectIn(customer['default_address']);
  return typeof code === 'string' && /^[A-Z]{2}$/.test(code) ? code : undefined;
}

function tagsOf(tags: unknown): unknown[] | undefined {
  if (typeof tags !== 'string') return undefined;
  return keptTags(tags.split(',', MOST_TAGS));
}

/** Each once, without those that may be somebody's address. */
export function keptTags(tags: readonly unknown[]): unknown[] {
  const named = tags.slice(0, MOST_TAGS).flatMap((tag) => (typeof tag === 'string' ? [tag.trim()] : []));
  return [...new Set(named.filter((tag) => tag !== ''))].map(keptScalar).filter((tag) => tag !== undefined);
}

/** Undefined where nothing is said of it. */
export function consentIn(consent: unknown): boolean | undefined {
  const { state } = objectIn(consent);
  return typeof state === 'string' ? state === 'subscribed' : undefined;
}

function flag(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

function birthdayOf(customer: JsonObject): string | undefined {
  const value = objectsIn(customer['metafields']).find(({ key }) => BIRTHDAY_KEYS.includes(key as string))?.['value'];
  return typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) ? value : undefined;
}
