import { IdentifierType, RegionEU, RegionUS, TrackClient } from 'customerio-node';
import type { Milliseconds } from '../../core/instant.js';
import type { Destination, DestinationMessage, SendOutcome } from '../destination.js';
import { classifyError } from './classify-error.js';
import {
  leaversOf,
  planRequests,
  type EventRequest,
  type MembershipRequest,
  type PlannedRequest,
} from './plan-requests.js';
import { readMembers } from './read-members.js';
import { runBounded } from './run-bounded.js';

export interface CustomerioDestinationConfig {
  siteId: string;
  apiKey: string;
  region: 'us' | 'eu';
  /** Where the Track API is reached instead of the region's own host, with or without its `/api/v1`. */
  trackUrl?: string;
  /** Key of the App API, which alone says who is in a segment; without it nothing is read back. */
  appApiKey?: string;
  /** Where the App API is reached instead of the region's own host. */
  appUrl?: string;
  /** How long one request may take; 10 s unless given. */
  timeoutMs?: Milliseconds;
}

const BATCH_SIZE = 1_000;
const DEFAULT_TIMEOUT_MS = 10_000;
/** Keeps us far below the 1,000 requests a second beyond which Customer.io may drop some. */
const REQUESTS_AT_ONCE = 8;
const DECISION_EVENT = 'turnout_branch_decided';

const ID_TYPES = { id: IdentifierType.Id, cio_id: IdentifierType.CioId, email: IdentifierType.Email };

/**
 * Customer.io by its Track API: memberships as additions to and removals from manual segments, decisions as events, and
 * erasures as suppressions, which delete a person and keep them from being created again.
 * `accepted` means that Customer.io took the request; it passes over people it doesn't know without a word. Throws on a
 * `trackUrl` that is no URL.
 */
export function createCustomerioDestination(config: CustomerioDestinationConfig): Destination {
  const client = new TrackClient(config.siteId, config.apiKey, {
    region: config.region === 'eu' ? RegionEU : RegionUS,
    timeout: config.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    retry: { maxRetries: 0 }, // the outbox retries
    ...(config.trackUrl !== undefined && { url: trackRoot(config.trackUrl) }),
  });
  const app = appApiOf(config);
  return {
    key: 'customerio',
    takes: ['membership', 'decision', 'erasure'],
    segmentProblem,
    batchSize: BATCH_SIZE,
    send: (messages) => send(client, messages),
    ...(app && { readBack: (segmentId: string, signal: AbortSignal) => readMembers(app, segmentId, signal) }),
  };
}

/** Manual segments go by number there. */
export function segmentProblem(segmentId: string): string | undefined {
  return /^[1-9]\d{0,17}$/.test(segmentId)
    ? undefined
    : 'segmentId must be the number of a manual segment in Customer.io';
}

function appApiOf({ appApiKey, appUrl, region, timeoutMs = DEFAULT_TIMEOUT_MS }: CustomerioDestinationConfig) {
  if (appApiKey === undefined) return undefined;
  const ownUrl = region === 'eu' ? 'https://api-eu.customer.io' : 'https://api.customer.io';
  return { key: appApiKey, url: appUrl ?? ownUrl, timeoutMs };
}

/** First those who leave, then what is stated: where the two are one person to Customer.io, the last word counts. */
async function send(client: TrackClient, messages: readonly DestinationMessage[]): Promise<SendOutcome[]> {
  const hindered = await sendLeaving(client, messages);
  const stated = [...messages.keys()].filter((index) => !hindered.has(index));
  const outcomes = await sendAll(
    client,
    stated.map((index) => messages[index]!),
  );
  const outcomeOf = new Map([...hindered, ...stated.map((index, place) => [index, outcomes[place]!] as const)]);
  return messages.map((_, index) => outcomeOf.get(index)!);
}

/** Takes those who leave out of their segments; what hindered that, by the index of the message. */
async function sendLeaving(
  client: TrackClient,
  messages: readonly DestinationMessage[],
): Promise<Map<number, SendOutcome>> {
  const leavers = messages.flatMap((message, index) =>
    leaversOf(message).map((leaver) => ({ index, message: leaver })),
  );
  const outcomes = await sendAll(
    client,
    leavers.map((one) => one.message),
  );
  return new Map(
    leavers.flatMap(({ index }, place) => {
      const outcome = outcomes[place]!;
      return outcome.kind === 'accepted' ? [] : [[index, outcome] as const];
    }),
  );
}

async function sendAll(client: TrackClient, messages: readonly DestinationMessage[]): Promise<SendOutcome[]> {
  const { requests, rejected } = planRequests(messages);
  const outcomes = new Map<number, SendOutcome>();
  for (const [index, reason] of rejected) outcomes.set(index, { kind: 'rejected', reason });
  await runBounded(requests, REQUESTS_AT_ONCE, async (request) => {
    const outcome = await attempt(client, request);
    for (const index of request.settles) outcomes.set(index, outcome);
  });
  return messages.map((_, index) => outcomes.get(index)!);
}

async function attempt(client: TrackClient, request: PlannedRequest): Promise<SendOutcome> {
  try {
    if (request.kind === 'event') await sendEvent(client, request);
    else if (request.kind === 'membership') await sendMembership(client, request);
    else for (const person of request.people) await client.suppress(person);
    return { kind: 'accepted' };
  } catch (error) {
    return classifyError(error, namedIn(request));
  }
}

/** What must not be read in an error's text. */
function namedIn(request: PlannedRequest): string[] {
  if (request.kind === 'event') return Object.values<string>({ ...request.message.addressee });
  return request.kind === 'membership' ? request.ids : request.people;
}

async function sendMembership(client: TrackClient, request: MembershipRequest): Promise<void> {
  const { segmentId, isMember, idKind, ids } = request;
  if (isMember) await client.addCustomersToSegment(segmentId, ids, ID_TYPES[idKind]);
  else await client.removeCustomersFromSegment(segmentId, ids, ID_TYPES[idKind]);
}

async function sendEvent(client: TrackClient, { person, message }: EventRequest): Promise<void> {
  await client.track(person, {
    name: DECISION_EVENT,
    id: message.id,
    timestamp: Math.floor(message.occurredAt / 1_000),
    data: message.data,
  });
}

function trackRoot(url: string): string {
  const host = new URL(url).href.replace(/(\/api\/v1)?\/*$/, '');
  return `${host}/api/v1`;
}
