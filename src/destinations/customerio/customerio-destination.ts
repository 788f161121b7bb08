import { IdentifierType, RegionEU, RegionUS, TrackClient } from 'customerio-node';
import type { Milliseconds } from '../../core/instant.js';
import type { Destination, DestinationMessage, SendOutcome } from '../destination.js';
import { endOf, OPEN_GATE, throughGate, type Gate } from '../gate.js';
import { classifyError } from './classify-error.js';
import {
  leaversOf,
  planRequests,
  type EventRequest,
  type MembershipRequest,
  type PlannedRequest,
} from './plan-requests.js';
import { readMembers } from './read-members.js';
import { runBounded } from '../run-bounded.js';

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
  /** Of the Track API, 100 unless given: far below the 1,000 beyond which Customer.io may drop some. */
  requestsPerSecond?: number;
  /** Of the App API, 10 unless given, which is all that it allows. */
  appRequestsPerSecond?: number;
}

const BATCH_SIZE = 1_000;
const DEFAULT_TIMEOUT_MS = 10_000;
const REQUESTS_AT_ONCE = 8;
const DEFAULT_REQUESTS_PER_SECOND = 100;
const DEFAULT_APP_REQUESTS_PER_SECOND = 10;
/** The two families of endpoints. */
const TRACK = 'track';
const APP = 'app';
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
    limits: limitsOf(config),
    sendsBy: TRACK,
    send: (messages, gate = OPEN_GATE) => send({ client, gate }, messages),
    ...(app && {
      readBack: (segmentId: string, signal: AbortSignal, gate = OPEN_GATE) =>
        readMembers({ ...app, gate, family: APP }, segmentId, signal),
    }),
  };
}

function limitsOf(config: CustomerioDestinationConfig): Destination['limits'] {
  const { requestsPerSecond = DEFAULT_REQUESTS_PER_SECOND } = config;
  const { appRequestsPerSecond = DEFAULT_APP_REQUESTS_PER_SECOND } = config;
  return {
    [TRACK]: { requestsPerSecond, requestsAtOnce: REQUESTS_AT_ONCE },
    [APP]: { requestsPerSecond: appRequestsPerSecond, requestsAtOnce: 2 },
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

/** The Track API, and the gate before it. */
interface TrackApi {
  client: TrackClient;
  gate: Gate;
}

/** First those who leave, then what is stated: where the two are one person to Customer.io, the last word counts. */
async function send(api: TrackApi, messages: readonly DestinationMessage[]): Promise<SendOutcome[]> {
  const hindered = await sendLeaving(api, messages);
  const stated = [...messages.keys()].filter((index) => !hindered.has(index));
  const outcomes = await sendAll(
    api,
    stated.map((index) => messages[index]!),
  );
  const outcomeOf = new Map([...hindered, ...stated.map((index, place) => [index, outcomes[place]!] as const)]);
  return messages.map((_, index) => outcomeOf.get(index)!);
}

/** Takes those who leave out of their segments; what hindered that, by the index of the message. */
async function sendLeaving(api: TrackApi, messages: readonly DestinationMessage[]): Promise<Map<number, SendOutcome>> {
  const leavers = messages.flatMap((message, index) =>
    leaversOf(message).map((leaver) => ({ index, message: leaver })),
  );
  const outcomes = await sendAll(
    api,
    leavers.map((one) => one.message),
  );
  return new Map(
    leavers.flatMap(({ index }, place) => {
      const outcome = outcomes[place]!;
      return outcome.kind === 'accepted' ? [] : [[index, outcome] as const];
    }),
  );
}

async function sendAll(api: TrackApi, messages: readonly DestinationMessage[]): Promise<SendOutcome[]> {
  const { requests, rejected } = planRequests(messages);
  const outcomes = new Map<number, SendOutcome>();
  for (const [index, reason] of rejected) outcomes.set(index, { kind: 'rejected', reason });
  await runBounded(requests, REQUESTS_AT_ONCE, async (request) => {
    const outcome = await throughGate(api.gate, TRACK, () => attempt(api.client, request), endOf);
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
