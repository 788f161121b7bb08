import { createHash } from 'node:crypto';
import { IDENTIFY } from '../../core/history-event.js';
import type { IncomingEvent } from '../../profiles/incoming-event.js';
import { objectIn, type JsonObject } from '../json-body.js';
import { cleanText, keptScalar, keptTraits, keptTree, propertiesOf } from '../kept-properties.js';
import type { Normalisation } from '../source.js';
import { normaliseWith, UnusableDelivery } from '../unusable-delivery.js';
import { isGiven, problemsOf, sentAt, statedAt, type CallProblem, type CallType } from './check-call.js';
import { commerceEvent } from './commerce.js';
import { formerIdOf, identifiersOf } from './identifiers.js';

/** What a call says; how it was sent is another matter. */
const SAID = [
  ...['type', 'userId', 'anonymousId', 'previousId', 'groupId', 'event', 'name', 'category'],
  ...['properties', 'traits', 'timestamp', 'originalTimestamp'],
] as const;

/** By what name a sender's `integrations` mean us. */
const OWN_INTEGRATION = 'Turnout';

/** Reads one call of Segment's API, of which `type` says which it is. What is unusable comes with every problem. */
export const readCall = normaliseWith((call: JsonObject): Normalisation => {
  refuse(problemsOf(call));
  if (!isMeantForUs(objectIn(call['integrations']))) return { kind: 'skipped', reason: 'not meant for Turnout' };
  const { id, name, properties, isRestated } = factOf(call);
  const identifiers = identifiersOf(call, name);
  if (identifiers.length === 0) {
    throw new UnusableDelivery('no_identifier', '/userId', 'an id of at most 320 bytes here or in anonymousId');
  }
  const formerId = formerIdOf(call);
  const event: IncomingEvent = {
    sourceEventId: id ?? `messages/${messageIdOf(call)}`,
    name,
    ...timesOf(call),
    identifiers,
    ...(formerId && { formerId }),
    properties,
    ...(isRestated && { isRestated }),
  };
  return { kind: 'events', events: [event] };
});

function refuse(problems: readonly CallProblem[]): void {
  const [first] = problems;
  if (!first) return;
  const [, ...others] = problems.map(({ pointer, expected }) => `${pointer}: expected ${expected}`);
  throw new UnusableDelivery(first.reason, first.pointer, [first.expected, ...others].join('; '));
}

function isMeantForUs(integrations: JsonObject): boolean {
  const own = integrations[OWN_INTEGRATION];
  return own === undefined ? integrations['All'] !== false : own !== false;
}

/**
 * A call with an original time beside its time has been corrected by whoever passed it on. Without any it happened when it
 * came, however often: which is where a sender's clock of nought, corrected, leads.
 */
function timesOf(call: JsonObject): Pick<IncomingEvent, 'occurredAt' | 'sentAt'> {
  const stated = statedAt(call);
  if (typeof stated !== 'number') return { occurredAt: 0, sentAt: 0 };
  const sent = isGiven(call['timestamp']) && isGiven(call['originalTimestamp']) ? undefined : sentAt(call);
  return { occurredAt: stated, ...(sent !== undefined && { sentAt: sent }) };
}

/** A call without an id is known by all that it says, so that sending it again changes nothing. */
export function messageIdOf(call: JsonObject): string {
  const { messageId } = call;
  if (typeof messageId === 'string' && messageId !== '') return cleanText(messageId);
  const said = JSON.stringify(SAID.map((name) => call[name]));
  return createHash('sha256').update(said).digest('base64url');
}

interface Fact {
  /** Where the fact has an identity beyond the message that states it. */
  id?: string;
  name: string;
  properties: Record<string, unknown>;
  isRestated?: boolean;
}

function factOf(call: JsonObject): Fact {
  const properties = objectIn(call['properties']);
  const traits = objectIn(call['traits']);
  switch (call['type'] as CallType) {
    case 'identify':
      return { name: IDENTIFY, properties: attributesOf(traits) };
    case 'track':
      return trackedFact(call, properties);
    case 'page':
    case 'screen':
      return {
        name: call['type'] as string,
        properties: propertiesOf([
          ...Object.entries(keptTree(properties)),
          ...campaignOf(call),
          ['name', keptScalar(call['name'])],
          ['category', keptScalar(call['category'] ?? properties['category'])],
        ]),
      };
    case 'group':
      return {
        name: 'group',
        properties: propertiesOf([...Object.entries(keptTree(traits)), ['group_id', keptScalar(call['groupId'])]]),
      };
    case 'alias':
      return { name: 'alias', properties: {} };
  }
}

function trackedFact(call: JsonObject, properties: JsonObject): Fact {
  const name = cleanText(String(call['event']).trim());
  const common = propertiesOf([...Object.entries(keptTree(properties)), ...campaignOf(call)]);
  const { path } = objectIn(objectIn(call['context'])['page']);
  const pagePath = keptScalar(path);
  if (pagePath !== undefined && !Object.hasOwn(common, 'page_path')) common['page_path'] = pagePath;
  return commerceEvent(name, properties, common) ?? { name, properties: common };
}

/** The campaign that a visit came by, as the parameters of its link. */
function campaignOf(call: JsonObject): [string, unknown][] {
  const campaign = objectIn(objectIn(call['context'])['campaign']);
  return Object.keys(campaign).flatMap((key): [string, unknown][] => {
    const value = keptScalar(campaign[key]);
    if (!/^[a-z_]{1,40}$/.test(key) || value === undefined) return [];
    return [[`utm_${key === 'name' ? 'campaign' : key}`, value]];
  });
}

/** Attributes, among them the country of an address, of which nothing else is kept. */
function attributesOf(traits: JsonObject): Record<string, unknown> {
  const attributes = keptTraits(traits);
  const country = keptScalar(objectIn(traits['address'])['country']);
  if (country !== undefined && !Object.hasOwn(attributes, 'country')) attributes['country'] = country;
  return attributes;
}
