import { createHash } from 'node:crypto';
import type { IncomingEvent } from './incoming-event.js';

/**
 * The id under which an event is known everywhere in Turnout: derived from the source and the source's own id, so that
 * the same fact has the same id however often it comes.
 */
export function eventId(source: string, sourceEventId: string): string {
  const hash = createHash('sha256').update(source).update('\0').update(sourceEventId).digest();
  hash[6] = (hash[6]! & 0x0f) | 0x80; // UUID version 8: made by its own rules
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** A digest of what an event says, by which a second delivery under the same id is told from a contradiction. */
export function eventDigest(event: IncomingEvent): Buffer {
  const said = canonical([event.name, event.occurredAt, event.properties]);
  return createHash('sha256').update(said).digest().subarray(0, 16);
}

/** JSON with the keys of every object in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
