import { createHash } from 'node:crypto';
import type { DecisionMessage } from '../destination.js';
import type { CustomerioIdentifier } from './customerio-identifier.js';

/** One item of a v2 batch, and which of the messages (by index) it settles. */
export interface BatchItem {
  operation: Record<string, unknown>;
  /** Of its JSON. */
  bytes: number;
  /** What must not be read in an error's text. */
  names: string[];
  settles: number[];
}

/** Batches of the Track API v2. Where the documentation says KB, 1,000 bytes are taken. */
const BATCH_BYTES = 500_000;
const ITEM_BYTES = 32_000;
const ITEMS_A_BATCH = 1_000;
const LONGEST_ATTRIBUTE_NAME = 150;
const DIGEST_LETTERS = 10;
const FRAME = Buffer.byteLength('{"batch":[]}');

export const TOO_LARGE = `larger than the ${ITEM_BYTES} bytes that Customer.io takes`;

/** Divides items into the fewest batches that Customer.io takes, by count and by bytes. */
export function packed(items: readonly BatchItem[]): BatchItem[][] {
  const batches: BatchItem[][] = [];
  let room = 0;
  for (const item of items) {
    if (item.bytes + 1 > room || batches.at(-1)!.length === ITEMS_A_BATCH) {
      batches.push([]);
      room = BATCH_BYTES - FRAME;
    }
    batches.at(-1)!.push(item);
    room -= item.bytes + 1; // and a comma
  }
  return batches;
}

export function isTooLarge({ bytes }: BatchItem): boolean {
  return bytes > ITEM_BYTES;
}

/** Makes somebody known, and says who they are: with the email, so that whoever is known by that alone is found. */
export function introduction(who: CustomerioIdentifier, email: string | undefined, settles: number[]): BatchItem {
  const attributes = who.kind === 'id' && email !== undefined ? { email } : {};
  return item(who, settles, { action: 'identify', attributes });
}

/** Whoever leaves is not made known by that. */
export function attributeItem(
  who: CustomerioIdentifier,
  { name, isMember }: { name: string; isMember: boolean },
  settles: number[],
): BatchItem {
  const attributes = { [name]: isMember, ...(!isMember && { _update: true }) };
  return item(who, settles, { action: 'identify', attributes });
}

export function membershipEvent(
  who: CustomerioIdentifier,
  { name, isMember, id }: { name: string; isMember: boolean; id: string },
  settles: number[],
): BatchItem {
  return item(who, settles, {
    action: 'event',
    name: isMember ? 'turnout_segment_entered' : 'turnout_segment_left',
    id: idOf(`${id} ${isMember} ${who.kind}:${who.value}`),
    attributes: { segment: name, is_member: isMember },
  });
}

export function decisionEvent(who: CustomerioIdentifier, message: DecisionMessage, settles: number[]): BatchItem {
  const { id, occurredAt, data } = message;
  const timestamp = Math.floor(occurredAt / 1_000);
  return item(who, settles, { action: 'event', name: 'turnout_branch_decided', id, timestamp, attributes: data });
}

/** The chosen branch under the name of its branch point; a decision that comes late changes nothing that a newer one said. */
export function decisionAttribute(who: CustomerioIdentifier, message: DecisionMessage, settles: number[]): BatchItem {
  const { occurredAt, data } = message;
  const name = attributeName(`turnout_${data.journey}_${data.branch_point}`);
  const timestamp = Math.floor(occurredAt / 1_000);
  return item(who, settles, { action: 'identify', timestamp, attributes: { [name]: data.branch ?? null } });
}

/** Keys are plain letters; one that is cut ends in a digest of all of it, so that two of a beginning stay two. */
function attributeName(name: string): string {
  if (name.length <= LONGEST_ATTRIBUTE_NAME) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, DIGEST_LETTERS);
  return `${name.slice(0, LONGEST_ATTRIBUTE_NAME - DIGEST_LETTERS - 1)}_${digest}`;
}

function item(who: CustomerioIdentifier, settles: number[], what: object): BatchItem {
  const operation = { type: 'person', identifiers: { [who.kind]: who.value }, ...what };
  return { operation, bytes: Buffer.byteLength(JSON.stringify(operation)), names: [who.value], settles };
}

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** An id in the form of a ULID, the same for the same text, by which Customer.io knows an event that it was sent before. */
function idOf(text: string): string {
  const digest = createHash('sha256').update(text).digest();
  return Array.from({ length: 26 }, (_, n) => CROCKFORD[digest[n]! % (n === 0 ? 8 : 32)]).join('');
}
