import type { IncomingEvent } from '../../profiles/incoming-event.js';
import type { Instant } from '../../core/instant.js';
import { IDENTIFY } from '../../core/history-event.js';
import type { Identifier, IdentifierKind } from '../../profiles/identifier.js';
import { evidenceFrom, type Evidence } from '../evidence.js';
import { isJsonObject, objectIn, objectsIn, readJsonBody, type JsonObject } from '../json-body.js';
import { cleanText, keptParameters, keptScalar, propertiesOf, queryOf } from '../kept-properties.js';
import { isReportedHref } from './reported-click.js';
import { PREFERENCES_CHANGED, preferenceProperties, subscriptionAttributes } from './subscriptions.js';
import type { WebhookDelivery } from '../source.js';
import { normaliseWith, UnusableDelivery } from '../unusable-delivery.js';

const MOST_PLATFORMS = 10;
const LONGEST_HREF = 4_000;
const LAST_SECOND = 253_402_300_799; // of the year 9999

/** Fields of `data` that become properties as they are. Not `subject`: subject lines hold names. */
const KEPT_FIELDS = [
  'campaign_id',
  'broadcast_id',
  'newsletter_id',
  'transactional_message_id',
  'delivery_id',
  'action_id',
  'journey_id',
  'trigger_id',
  'trigger_event_id',
  'parent_action_id',
  'content_id',
  'link_id',
  'tracked_response',
  'failure_message',
] as const;

/** What Customer.io says of who acted: clicks can be `machine`, opens the others. */
const ACTOR_FLAGS = ['machine', 'proxied', 'prefetched', 'synthetic'] as const;

/** Names that a link's parameters can't claim, not even where the envelope leaves them out. */
const OWN_NAMES: ReadonlySet<string> = new Set([
  ...KEPT_FIELDS,
  ...ACTOR_FLAGS,
  'channel',
  'href',
  'clicked_href',
  'tracked_link',
  'actor_class',
  'actor_signals',
]);

/** How an object type names its recipient. Push and in-app recipients are devices and sessions, not people's ids. */
const RECIPIENT_KINDS: ReadonlyMap<string, IdentifierKind> = new Map([
  ['email', 'email'],
  ['sms', 'phone'],
  ['whatsapp', 'phone'],
]);

/**
 * Reads a reporting webhook. A `clicked` of any channel is a `click`; everything else is called `<object_type>_<metric>`,
 * ones that are not known yet included. What changes a person's subscriptions is stated as attributes, too.
 */
export const normaliseCustomerio = normaliseWith<WebhookDelivery>(({ body }) => {
  const envelope = readJsonBody(body);
  const objectType = objectTypeOf(envelope);
  const metric = wordAt(envelope, 'metric');
  const data = envelope['data'];
  if (!isJsonObject(data)) throw new UnusableDelivery('wrong_shape', '/data', 'an object');
  if (metric === 'clicked' && isReportedHref(data['href'])) {
    return { kind: 'skipped', reason: 'a click that Turnout reported' };
  }
  const event: IncomingEvent = {
    sourceEventId: eventIdOf(envelope),
    name: metric === 'clicked' ? 'click' : `${objectType}_${metric}`,
    occurredAt: instantOf(envelope),
    identifiers: identifiersOf(objectType, data),
    properties: propertiesIn(objectType, metric, data),
  };
  const attributes = subscriptionAttributes(objectType, metric, data);
  return { kind: 'events', events: attributes ? [event, stating(event, attributes)] : [event] };
});

function stating(event: IncomingEvent, attributes: Record<string, unknown>): IncomingEvent {
  return { ...event, sourceEventId: `${event.sourceEventId}/attributes`, name: IDENTIFY, properties: attributes };
}

/** What somebody chose for themselves need not say what it is about. */
function objectTypeOf(envelope: JsonObject): string {
  const isOwnChoice = envelope['metric'] === PREFERENCES_CHANGED && envelope['object_type'] === undefined;
  return isOwnChoice ? 'customer' : wordAt(envelope, 'object_type');
}

function wordAt(envelope: JsonObject, name: string): string {
  const value = envelope[name];
  if (typeof value === 'string' && /^[a-z0-9_]{1,64}$/.test(value)) return value;
  throw new UnusableDelivery('wrong_shape', `/${name}`, '1 to 64 of a to z, 0 to 9 and _');
}

function eventIdOf({ event_id: value }: JsonObject): string {
  if (typeof value === 'string' && /^[\x21-\x7e]{1,200}$/.test(value)) return value;
  throw new UnusableDelivery('wrong_shape', '/event_id', '1 to 200 printable characters without spaces');
}

function instantOf({ timestamp }: JsonObject): Instant {
  if (typeof timestamp === 'number' && timestamp >= 0 && timestamp <= LAST_SECOND) return Math.round(timestamp * 1_000);
  throw new UnusableDelivery('bad_timestamp', '/timestamp', 'seconds since 1970 as a number');
}

/** The deprecated `customer_id` stands in only where `identifiers` names nobody; it is blank for deleted people. */
function identifiersOf(objectType: string, data: JsonObject): Identifier[] {
  const { id, email, cio_id: cioId } = objectIn(data['identifiers']);
  const named: Evidence[] = [
    ['customer_id', id],
    ['email', email],
    ['cio_id', cioId],
  ];
  const deprecated: Evidence[] = [['customer_id', data['customer_id']]];
  const reached: Evidence[] = objectType === 'customer' ? [['email', data['email_address']]] : [];
  const recipientKind = RECIPIENT_KINDS.get(objectType);
  if (recipientKind && data['recipient'] !== undefined) reached.push([recipientKind, data['recipient']]);

  const own = evidenceFrom(named);
  const identifiers =
    own.length > 0 && reached.length === 0 ? own : evidenceFrom([...(own.length > 0 ? named : deprecated), ...reached]);
  if (identifiers.length > 0) return identifiers;
  throw new UnusableDelivery('no_identifier', '/data/identifiers', 'an object with an id, an email or a cio_id');
}

function propertiesIn(objectType: string, metric: string, data: JsonObject): Record<string, unknown> {
  const href = typeof data['href'] === 'string' ? data['href'] : undefined;
  const parameters = metric === 'clicked' && href !== undefined ? keptParameters(queryOf(href)) : [];
  const properties = propertiesOf([...parameters].filter(([name]) => !OWN_NAMES.has(name)));
  const add = (name: string, value: unknown): void => {
    if (value !== undefined) properties[name] = value;
  };
  for (const name of KEPT_FIELDS) if (name in data) add(name, keptScalar(data[name]));
  for (const name of ACTOR_FLAGS) if (typeof data[name] === 'boolean') add(name, data[name]);
  if (metric === PREFERENCES_CHANGED) for (const [name, value] of preferenceProperties(data)) add(name, value);
  add('device_platforms', platformsOf(data['recipients']));
  add('channel', objectType);
  add('href', href ? cleanText(href, LONGEST_HREF) : undefined);
  add('actor_class', actorClassOf(metric, data));
  return properties;
}

/** Of the devices that a push went to, what they run; their ids are nobody's business. */
function platformsOf(recipients: unknown): unknown[] | undefined {
  const platforms = objectsIn(recipients).flatMap(({ device_platform: platform }) => keptScalar(platform) ?? []);
  return platforms.length > 0 ? [...new Set(platforms)].slice(0, MOST_PLATFORMS) : undefined;
}

function actorClassOf(metric: string, data: JsonObject): 'machine' | 'human' | undefined {
  const isMachineOpen =
    metric === 'opened' && [data['prefetched'], data['proxied'], data['synthetic']].some((flag) => flag === true);
  if (data['machine'] === true || isMachineOpen) return 'machine';
  return data['machine'] === false ? 'human' : undefined;
}
