import { createHash } from 'node:crypto';
import type { Addressee, DestinationMessage, MembershipMessage } from '../destinations/destination.js';
import type { OutboxPayload } from '../outbox/outbox-message.js';
import type { ClaimedMessage } from '../outbox/claimed-message.js';
import { addresseeOf } from './addressee-store.js';

/** What is known about those whom claimed messages are about. */
export interface About {
  addressees: ReadonlyMap<number, Addressee>;
  /** Of segments that the destination calls otherwise. */
  externalIds: ReadonlyMap<string, string>;
  /** Whom the destination holds somewhere. */
  known: ReadonlySet<number>;
}

/** A claimed message as its destination is told it. */
export function messageOf(message: ClaimedMessage, about: About): DestinationMessage {
  const { payload, profileId } = message;
  if (payload.kind === 'membership') return new OwedMembership(message, payload, about);
  const addressee = about.addressees.get(profileId) ?? {};
  if (payload.kind === 'decision') return { ...payload, addressee };
  if (payload.kind === 'click') return { ...payload, id: idOf(message) };
  if (payload.kind === 'conversion') return { ...payload, id: idOf(message), addressee };
  return { kind: 'erasure', id: idOf(message), addressees: payload.addresses.map(addresseeOf) };
}

/** One of thousands, so that what few destinations ask for is made when they do. */
class OwedMembership implements MembershipMessage {
  readonly kind = 'membership';
  readonly version: number;
  readonly addressee: Addressee;
  readonly externalSegmentId: string;
  readonly isMember: boolean;
  readonly isKnown: boolean;
  readonly leaving?: readonly Addressee[];
  readonly #claimed: ClaimedMessage;

  constructor(
    claimed: ClaimedMessage,
    { externalSegmentId, isMember }: Extract<OutboxPayload, { kind: 'membership' }>,
    { addressees, externalIds, known }: About,
  ) {
    this.version = claimed.version;
    this.addressee = addressees.get(claimed.profileId) ?? {};
    this.externalSegmentId = externalIds.get(externalSegmentId) ?? externalSegmentId;
    this.isMember = isMember;
    this.isKnown = known.has(claimed.profileId);
    if (claimed.leaving.length > 0) this.leaving = claimed.leaving.map(addresseeOf);
    this.#claimed = claimed;
  }

  get id(): string {
    return idOf(this.#claimed);
  }
}

/** The same for every attempt at one state, and no other's; it says nothing about anybody. */
function idOf({ destination, profileId, subject, version }: ClaimedMessage): string {
  const named = JSON.stringify([destination, profileId, subject, version]);
  return `msg_${createHash('sha256').update(named).digest('base64url').slice(0, 32)}`;
}
