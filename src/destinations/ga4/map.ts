import { createHmac } from 'node:crypto';
import type { Instant, Milliseconds } from '../../core/instant.js';
import type { Addressee, ConversionMessage, DecisionMessage, DestinationMessage } from '../destination.js';

/** A body of the Measurement Protocol. */
export interface Ga4Body {
  client_id: string;
  user_id?: string;
  timestamp_micros: number;
  events: Ga4Event[];
}

export interface Ga4Event {
  name: string;
  params: Record<string, string | number>;
}

/** One request, and which of the messages (by index) it settles. */
export interface Ga4Request {
  body: Ga4Body;
  settles: number[];
}

export interface Ga4Plan {
  requests: Ga4Request[];
  rejected: Map<number, string>;
}

/** How messages become events. */
export interface Ga4Mapping {
  /** Key of the pseudonyms. */
  secret: string;
  sendUserId: boolean;
  /** The name of the event that a purchase is, and of that which takes some of it back. */
  conversionEvent: string;
  refundEvent: string;
}

export const EVENT_NAME = 'turnout_branch_decided';
/** Not `purchase`: that is the shop's own tag's, and would be counted twice. */
export const CONVERSION_EVENT = 'turnout_purchase';
export const REFUND_EVENT = 'turnout_refund';
const EVENTS_A_REQUEST = 25;
const LONGEST_VALUE = 100;
const LONGEST_USER_ID = 256;
/** Older events are passed over without a word. */
const OLDEST: Milliseconds = 72 * 3_600_000;
/** What is told of a decision, and nothing else: none of it is about a person. */
const DECISION_PARAMS = [
  'decision_id',
  'journey',
  'branch_point',
  'branch',
  'matched',
  'status',
  'reason',
  'journey_version',
];
/** Likewise of a purchase. */
const CONVERSION_PARAMS = [
  ...['transaction_id', 'value', 'currency', 'cta', 'link', 'template', 'campaign', 'utm_content', 'channel'],
  ...['attribution', 'attribution_window', 'hours_to_purchase'],
];

/**
 * Divides messages into the fewest requests: up to 25 events of one person and one instant each. What Google would pass over
 * without a word is rejected here.
 */
export function planRequests(messages: readonly DestinationMessage[], mapping: Ga4Mapping, now: Instant): Ga4Plan {
  const plan: Ga4Plan = { requests: [], rejected: new Map() };
  const open = new Map<string, Ga4Request>();
  for (const [index, message] of messages.entries()) {
    const problem = problemOf(message, now);
    if (problem !== undefined) {
      plan.rejected.set(index, problem);
      continue;
    }
    const { addressee, occurredAt } = message as EventMessage;
    const head = headOf(addressee, Math.min(occurredAt, now), mapping);
    const key = JSON.stringify(head);
    let request = open.get(key);
    if (!request || request.body.events.length === EVENTS_A_REQUEST) {
      request = { body: { ...head, events: [] }, settles: [] };
      open.set(key, request);
      plan.requests.push(request);
    }
    request.body.events.push(eventOf(message as EventMessage, mapping));
    request.settles.push(index);
  }
  return plan;
}

type EventMessage = DecisionMessage | ConversionMessage;

function problemOf(message: DestinationMessage, now: Instant): string | undefined {
  if (message.kind !== 'decision' && message.kind !== 'conversion')
    return 'it is told of decisions and purchases alone';
  if (idOf(message.addressee) === undefined) return 'none of the identifiers from which a client id is made';
  return now - message.occurredAt > OLDEST ? 'older than 72 hours, which Google Analytics passes over' : undefined;
}

function eventOf(message: EventMessage, { conversionEvent, refundEvent }: Ga4Mapping): Ga4Event {
  if (message.kind === 'conversion') {
    const name = message.isRefund === true ? refundEvent : conversionEvent;
    return { name, params: paramsOf(message.data, CONVERSION_PARAMS) };
  }
  const { data, id } = message;
  return { name: EVENT_NAME, params: paramsOf({ ...data, decision_id: id }, DECISION_PARAMS) };
}

function headOf(addressee: Addressee, at: Instant, { secret, sendUserId }: Ga4Mapping) {
  const { customerId } = addressee;
  const isUserId = customerId !== undefined && !customerId.includes('@') && [...customerId].length <= LONGEST_USER_ID;
  return {
    client_id: clientId(idOf(addressee)!, secret),
    ...(sendUserId && isUserId && { user_id: customerId }),
    timestamp_micros: at * 1_000,
  };
}

/** A pseudonym in the form of a client id; without the secret it leads back to nobody. */
function clientId(id: string, secret: string): string {
  const hash = createHmac('sha256', secret).update(id).digest();
  return `${hash.readUInt32BE(0)}.${hash.readUInt32BE(4)}`;
}

function idOf({ customerId, cioId, email }: Addressee): string | undefined {
  if (customerId !== undefined) return `customer_id:${customerId}`;
  if (cioId !== undefined) return `cio_id:${cioId}`;
  return email === undefined ? undefined : `email:${email}`;
}

function paramsOf(data: DecisionMessage['data'], names: readonly string[]): Ga4Event['params'] {
  const params: Ga4Event['params'] = { engagement_time_msec: 1 }; // without it no user is counted
  for (const name of names) {
    const value = data[name];
    if (value === undefined || value === null) continue;
    params[name] = typeof value === 'number' ? value : [...String(value)].slice(0, LONGEST_VALUE).join('');
  }
  return params;
}
