import { createCustomerioDestination } from '../../src/destinations/customerio/customerio-destination.js';
import type { Addressee, Destination, MessageKind } from '../../src/destinations/destination.js';
import type { Means } from '../../src/destinations/destination-kind.js';
import { DESTINATION_KINDS } from '../../src/destinations/registry.js';
import { OutboundHttp } from '../../src/platform/outbound/outbound-http.js';
import {
  emptyBody,
  garbledBody,
  html502,
  resetAfter,
  resetBefore,
  slow,
  status,
  timeoutAfterApplying,
  timeoutBeforeApplying,
} from './customerio-server/faults.js';
import { startCustomerioServer } from './customerio-server/customerio-server.js';
import { Ga4Server } from './ga4-server.js';
import { WebhookReceiver } from './webhook-receiver.js';

/** A destination and the system that it pushes to, as every entry of the registry must bring them to be tested. */
export interface Staged {
  destination: Destination;
  segmentId: string;
  /** People whom the system knows, by the addressee that leads to each. */
  known: Addressee[];
  /** Makes every request from now on go wrong in the way of this name. */
  break(fault: string): void;
  mend(): void;
  /** What the system holds, to be compared. */
  held(): unknown;
  stop(): Promise<void>;
}

export interface Stage {
  takes: readonly MessageKind[];
  /** `timeoutMs` of each request; a second unless given, since faults are waited for. */
  start(timeoutMs?: number): Promise<Staged>;
}

/** How any server over HTTP may fail. */
export const FAULTS = {
  'status 400': status(400),
  'status 401': status(401),
  'status 404': status(404),
  'status 408': status(408),
  'status 413': status(413),
  'status 429': status(429, { 'Retry-After': '1' }),
  'status 500': status(500),
  'status 503': status(503, { 'Retry-After': 'Tue, 24 Nov 2026 10:00:00 GMT' }),
  'status 304': status(304),
  'redirect without a location': status(302),
  'too slow': slow(60_000),
  'silence before applying': timeoutBeforeApplying,
  'silence after applying': timeoutAfterApplying,
  'reset before': resetBefore,
  'reset after': resetAfter,
  'empty body': emptyBody,
  'garbled body': garbledBody,
  'html 502': html502,
};

const faultOf = (name: string) => FAULTS[name as keyof typeof FAULTS];

export const DECIDED_AT = 1_795_514_400_000;
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

/** One for each kind of destination; a kind without one fails. */
export const STAGES: Record<string, Stage> = {
  customerio: {
    takes: ['membership', 'decision', 'erasure'],
    async start(timeoutMs = 1_000) {
      const server = await startCustomerioServer();
      server.seedSegment({ id: 1, name: 'Segment' });
      server.seedPerson({ id: 'known-1' });
      server.seedPerson({ email: 'known-2@example.com' });
      const { siteId, apiKey, url } = server;
      const config = { siteId, apiKey, region: 'us', trackUrl: url, timeoutMs } as const;
      return {
        destination: createCustomerioDestination(config),
        segmentId: '1',
        known: [{ customerId: 'known-1' }, { email: 'known-2@example.com' }],
        break: (fault) => server.faults.random(1, 1, [faultOf(fault)]),
        mend: () => server.faults.clear(),
        held: () => ({ members: server.segmentMembers(1), events: server.events(), people: server.people() }),
        stop: () => server.stop(),
      };
    },
  },
  webhook: {
    takes: ['membership', 'decision', 'erasure'],
    async start(timeoutMs = 1_000) {
      const receiver = await WebhookReceiver.start(SECRET);
      const http = new OutboundHttp({ trustedHosts: [receiver.host] });
      return {
        destination: created('webhook', { url: receiver.url, secret: SECRET }, { timeoutMs, http }),
        segmentId: 'cart',
        known: [{ customerId: 'known-1' }, { email: 'known-2@example.com' }],
        break: (fault) => receiver.faults.random(1, 1, [faultOf(fault)]),
        mend: () => receiver.faults.clear(),
        held: () => receiver.held(),
        stop: () => receiver.stop(),
      };
    },
  },
  ga4: {
    takes: ['decision'],
    async start(timeoutMs = 1_000) {
      const credentials = { measurementId: 'G-ABC1234567', apiSecret: 'secret' };
      const now = () => DECIDED_AT;
      const server = await Ga4Server.start(credentials, now);
      const http = new OutboundHttp({ trustedHosts: [server.host] });
      const settings = { ...credentials, collectUrl: `http://${server.host}` };
      return {
        destination: created('ga4', settings, { timeoutMs, http, now }),
        segmentId: 'cart',
        known: [{ customerId: 'known-1' }, { email: 'known-2@example.com' }],
        break: (fault) => server.faults.random(1, 1, [faultOf(fault)]),
        mend: () => server.faults.clear(),
        held: () => server.decisions(),
        stop: () => server.stop(),
      };
    },
  },
};

function created(kind: string, settings: object, means: Means): Destination {
  return DESTINATION_KINDS.find((one) => one.kind === kind)!.create(kind, settings, means);
}
