import type { Addressee, DestinationMessage, MembershipMessage } from '../destination.js';

/** One message as it goes over the wire. */
export interface WebhookEvent {
  id: string;
  type: 'segment.entered' | 'segment.exited' | 'branch.decided' | 'profile.erased' | 'turnout.ping';
  data: Record<string, unknown>;
}

/** The identifiers by which a receiver knows people, in the order in which they are shown. */
export const IDENTIFIERS = ['customer_id', 'cio_id', 'email'] as const;

export type IdentifierName = (typeof IDENTIFIERS)[number];

const FIELDS = { customer_id: 'customerId', cio_id: 'cioId', email: 'email' } as const;

/** What is sent about a message, in this order, each after the one before was taken; a text where it reaches nobody. */
export function mapMessage(message: DestinationMessage, known: readonly IdentifierName[]): WebhookEvent[] | string {
  if (message.kind === 'membership') return mapMembership(message, known);
  if (message.kind === 'click' || message.kind === 'conversion') return 'it is told of no clicks, nor of purchases';
  const people = message.kind === 'erasure' ? message.addressees : [message.addressee];
  const profiles = people.map((one) => identifiersOf(one, known)).filter((one) => Object.keys(one).length > 0);
  if (profiles.length === 0) return reachesNobody(known);
  if (message.kind === 'erasure') return [{ id: message.id, type: 'profile.erased', data: { profiles } }];
  const { id, occurredAt, data } = message;
  const decided = { ...data, occurred_at: new Date(occurredAt).toISOString() };
  return [{ id, type: 'branch.decided', data: { profile: profiles[0], decision: decided } }];
}

/** First those who leave, under ids of their own, then what is stated. */
function mapMembership(message: MembershipMessage, known: readonly IdentifierName[]): WebhookEvent[] | string {
  const profile = identifiersOf(message.addressee, known);
  if (Object.keys(profile).length === 0) return reachesNobody(known);
  const leavers = (message.leaving ?? [])
    .map((one) => identifiersOf(one, known))
    .filter((one) => Object.keys(one).length > 0 && JSON.stringify(one) !== JSON.stringify(profile));
  const about = { segment: message.externalSegmentId, version: message.version };
  return [
    ...leavers.map((leaver, index): WebhookEvent => {
      return { id: `${message.id}_leaver_${index}`, type: 'segment.exited', data: { ...about, profile: leaver } };
    }),
    { id: message.id, type: message.isMember ? 'segment.entered' : 'segment.exited', data: { ...about, profile } },
  ];
}

function identifiersOf(addressee: Addressee, known: readonly IdentifierName[]): Record<string, string> {
  const named = known.map((name) => [name, addressee[FIELDS[name]]] as const);
  return Object.fromEntries(named.filter((one): one is [IdentifierName, string] => one[1] !== undefined));
}

function reachesNobody(known: readonly IdentifierName[]): string {
  return `none of the identifiers that it knows people by: ${known.join(', ')}`;
}
