import { createCustomerioDestination } from '../../src/destinations/customerio/customerio-destination.js';
import type {
  Addressee,
  DecisionMessage,
  Destination,
  MembershipMessage,
  SendOutcome,
} from '../../src/destinations/destination.js';
import { startCustomerioServer, type CustomerioServer } from './customerio-server/customerio-server.js';

export const ACCEPTED: SendOutcome = { kind: 'accepted' };
export const SEGMENT = '7';
export const ULID = '01JDEY3GZ8QW5M2T7V9XK4RBNC';

/** For each test of a file: Customer.io with the manual segment 7, and the destination that pushes there. */
export function stageCustomerio(): { server: CustomerioServer; destination: Destination } {
  const stage = {} as { server: CustomerioServer; destination: Destination };
  beforeEach(async () => {
    stage.server = await startCustomerioServer();
    stage.server.seedSegment({ id: 7, name: 'Cart' });
    stage.destination = destinationOf(stage.server);
  });
  afterEach(() => stage.server.stop());
  return stage;
}

type More = Partial<Parameters<typeof createCustomerioDestination>[0]>;

export function destinationOf({ siteId, apiKey, url }: CustomerioServer, more: More = {}): Destination {
  return createCustomerioDestination({ siteId, apiKey, region: 'us', trackUrl: url, timeoutMs: 10_000, ...more });
}

/** Of somebody whom Customer.io is known to know. */
export function membership(addressee: Addressee, isMember = true, externalSegmentId = SEGMENT): MembershipMessage {
  return { kind: 'membership', id: 'msg_1', version: 1, addressee, externalSegmentId, isMember, isKnown: true };
}

export function decision(addressee: Addressee, id = ULID): DecisionMessage {
  return { kind: 'decision', addressee, id, occurredAt: 1_795_514_400_999, data: { branch: 'buyers', as_of: 'now' } };
}

export function customers(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `c${index}`);
}
