import type { Instant } from '../core/instant.js';
import { eventDigest, eventId } from './event-identity.js';
import { timeOf } from './event-time.js';
import type { IncomingEvent } from './incoming-event.js';
import type { StoredEvent } from './waiting-event-store.js';

/** An incoming event and what is to be stored of it. */
export interface Candidate {
  incoming: IncomingEvent;
  stored: StoredEvent;
  digest: Buffer;
}

/** `key`: of the digest of whom it names. */
export function candidateOf(
  incoming: IncomingEvent,
  { source, receivedAt, key }: { source: string; receivedAt: Instant; key: Buffer },
): Candidate {
  return {
    incoming,
    digest: eventDigest(incoming, key),
    stored: {
      id: eventId(source, incoming.sourceEventId),
      name: incoming.name,
      source,
      receivedAt,
      ...timeOf(incoming, receivedAt),
      properties: incoming.properties,
    },
  };
}
