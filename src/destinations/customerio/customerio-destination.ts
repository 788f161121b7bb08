import { RegionEU, RegionUS, TrackClient } from 'customerio-node';
import type { Milliseconds } from '../../core/instant.js';
import type { Destination, ProvisionOutcome } from '../destination.js';
import { OPEN_GATE } from '../gate.js';
import type { Api } from './ask.js';
import { checkCustomerio, setUpCustomerio, type CustomerioApis } from './check.js';
import type { CustomerioSettings } from './customerio-settings.js';
import { readMembers } from './read-members.js';
import { provisionSegment } from './provision-segment.js';
import { segmentWarning } from './segment-warning.js';
import { isMade, segmentPlace, segmentProblem } from './segment-place.js';
import { sendMessages } from './send-messages.js';
import { overHttp } from './track-http.js';

export interface CustomerioDestinationConfig extends CustomerioSettings {
  /** How long one request may take; 10 s unless given. */
  timeoutMs?: Milliseconds;
}

/** Several times what a request takes, so that requests are full though messages are about several segments. */
const BATCH_SIZE = 5_000;
const DEFAULT_TIMEOUT_MS = 10_000;
const REQUESTS_AT_ONCE = 8;
/** Far below the 1,000 beyond which Customer.io may drop some. */
const DEFAULT_REQUESTS_PER_SECOND = 100;
/** All that the App API allows. */
const DEFAULT_APP_REQUESTS_PER_SECOND = 10;
/** The two families of endpoints. */
const TRACK = 'track';
const APP = 'app';
/** It goes on by itself once the key is set. */
const NO_APP_KEY: ProvisionOutcome = {
  kind: 'retry',
  reason: 'a manual segment is made by the App API: set its key (appApiKey, or CUSTOMERIO_APP_API_KEY)',
};

/**
 * Customer.io by its Track API: memberships as additions to and removals from manual segments, as attributes or as events,
 * decisions as events or attributes, clicks as metrics of their deliveries, and erasures as suppressions, which delete a person and keep them from being created
 * again. `accepted` means that Customer.io took the request; it adds people it doesn't know to no segment, without a word, so
 * they are introduced first. Throws on a `trackUrl` that is no URL.
 */
export function createCustomerioDestination(config: CustomerioDestinationConfig): Destination {
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = config;
  const sdk = new TrackClient(config.siteId, config.apiKey, {
    region: config.region === 'eu' ? RegionEU : RegionUS,
    timeout: timeoutMs,
    retry: { maxRetries: 0 }, // the outbox retries
    ...(config.trackUrl !== undefined && { url: trackRoot(config.trackUrl) }),
  });
  const client = overHttp(sdk, timeoutMs);
  const { decisionsAs = 'event' } = config;
  const track = { client, family: TRACK, requestsAtOnce: REQUESTS_AT_ONCE, decisionsAs };
  const app = appApiOf(config);
  const apis = apisOf(config);
  return {
    key: 'customerio',
    takes: ['membership', 'decision', ...(config.reportClicks ? ['click' as const] : []), 'erasure'],
    segmentProblem,
    account: `${config.region}:${config.siteId}`,
    isProvisioned: isMade,
    provision: async (wanted, gate = OPEN_GATE) =>
      app ? provisionSegment({ ...app, gate, family: APP }, wanted) : NO_APP_KEY,
    batchSize: BATCH_SIZE,
    limits: limitsOf(config),
    sendsBy: TRACK,
    check: (around) => checkCustomerio(apis, around),
    setUp: (around) => setUpCustomerio(apis, around),
    send: (messages, gate = OPEN_GATE) => sendMessages({ ...track, gate }, messages),
    ...(app && {
      segmentWarning: (segmentId: string) => segmentWarning(app, segmentId),
      isReadable: (segmentId: string) => ['segment', 'made'].includes(segmentPlace(segmentId)?.as ?? ''),
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

function appApiOf({
  appApiKey,
  appUrl,
  region,
  timeoutMs = DEFAULT_TIMEOUT_MS,
}: CustomerioDestinationConfig): Api | undefined {
  if (appApiKey === undefined) return undefined;
  const ownUrl = region === 'eu' ? 'https://api-eu.customer.io' : 'https://api.customer.io';
  return { url: appUrl ?? ownUrl, authorization: `Bearer ${appApiKey}`, timeoutMs };
}

/** As a look at the set-up asks them. The other region is asked only where neither address was chosen. */
function apisOf(config: CustomerioDestinationConfig): CustomerioApis {
  const { siteId, apiKey, region, trackUrl, timeoutMs = DEFAULT_TIMEOUT_MS } = config;
  const authorization = `Basic ${Buffer.from(`${siteId}:${apiKey}`).toString('base64')}`;
  const own = trackUrl === undefined ? TRACK_URLS[region] : trackRoot(trackUrl).replace(/\/api\/v1$/, '');
  const other = trackUrl === undefined ? TRACK_URLS[region === 'us' ? 'eu' : 'us'] : undefined;
  return {
    region,
    track: { url: own, authorization, timeoutMs },
    otherTrack: other === undefined ? undefined : { url: other, authorization, timeoutMs },
    app: appApiOf(config),
  };
}

const TRACK_URLS = { us: 'https://track.customer.io', eu: 'https://track-eu.customer.io' };

function trackRoot(url: string): string {
  const host = new URL(url).href.replace(/(\/api\/v1)?\/*$/, '');
  return `${host}/api/v1`;
}
