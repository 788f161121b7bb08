import { createHmac, hash } from 'node:crypto';
import { identifierKey } from './identifier.js';
import type { IncomingEvent } from './incoming-event.js';

/**
 * The id under which an event is known everywhere in Turnout: derived from the source and the source's own id, so that
 * the same fact has the same id however often it comes.
 */
export function eventId(source: string, sourceEventId: string): string {
  const hex = hash('sha256', `${source}\0${sourceEventId}`);
  const variant = '89ab'[Number.parseInt(hex[16]!, 16) & 0x3]!;
  // UUID version 8: made by its own rules.
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const CONTENT_BYTES = 16;
const PEOPLE_BYTES = 8;

/**
 * A digest of what an event says, by which a second delivery under the same id is told from a contradiction: of its content,
 * and of whom it names. That is kept when they are erased, so it is a keyed one: without the key nobody can ask it about an
 * address.
 */
export function eventDigest(event: IncomingEvent, key: Buffer): Buffer {
  const said = JSON.stringify(inOrder([event.name, event.occurredAt, event.properties]));
  const named = JSON.stringify(event.identifiers.map(identifierKey).sort());
  return Buffer.concat([
    hash('sha256', said, 'buffer').subarray(0, CONTENT_BYTES),
    createHmac('sha256', key).update(named).digest().subarray(0, PEOPLE_BYTES),
  ]);
}

export function haveSameContent(one: Buffer, other: Buffer): boolean {
  return one.subarray(0, CONTENT_BYTES).equals(other.subarray(0, CONTENT_BYTES));
}

/** Whether both digests tell that the same identifiers are named; earlier releases noted none, and then nothing speaks against it. */
export function nameTheSame(one: Buffer, other: Buffer): boolean {
  const [named, others] = [one.subarray(CONTENT_BYTES), other.subarray(CONTENT_BYTES)];
  return named.length === 0 || others.length === 0 || named.equals(others);
}

/** The same, with the keys of every object in order. */
function inOrder(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return value;
  if (Array.isArray(value)) return value.map(inOrder);
  const names = Object.keys(value).sort();
  // Which can't be set by its name.
  if (names.includes('__proto__'))
    return Object.fromEntries(names.map((name) => [name, inOrder(value[name as never])]));
  const ordered: Record<string, unknown> = {};
  for (const name of names) ordered[name] = inOrder(value[name as never]);
  return ordered;
}
