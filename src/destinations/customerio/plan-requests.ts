import type { DecisionMessage, DestinationMessage, MembershipMessage } from '../destination.js';
import { membershipIdentifier, pathIdentifier, type CustomerioIdKind } from './customerio-identifier.js';

/** One request to Customer.io, and which of the messages (by index) it settles. */
export type PlannedRequest = MembershipRequest | EventRequest | SuppressRequest;

export interface MembershipRequest {
  kind: 'membership';
  segmentId: string;
  isMember: boolean;
  idKind: CustomerioIdKind;
  ids: string[];
  settles: number[];
}

export interface EventRequest {
  kind: 'event';
  /** As it stands in the path. */
  person: string;
  message: DecisionMessage;
  settles: number[];
}

export interface SuppressRequest {
  kind: 'suppress';
  /** As each stands in the path. */
  people: string[];
  settles: number[];
}

export interface RequestPlan {
  requests: PlannedRequest[];
  /** Why a message can't be sent at all, by its index. */
  rejected: Map<number, string>;
}

const IDS_A_REQUEST = 1_000;
const NO_IDENTIFIER =
  'no identifier that Customer.io takes: a customer id, cio_id or email of 1 to 150 bytes is needed';
const NO_SEGMENT = 'the segment id is not one of Customer.io, which are whole numbers';

/**
 * Divides messages into the fewest requests that Customer.io takes. What it would refuse is left out here, because a
 * request is refused as a whole. Of several messages about one person and segment the last counts, and settles all.
 */
export function planRequests(messages: readonly DestinationMessage[]): RequestPlan {
  const plan: RequestPlan = { requests: [], rejected: new Map() };
  const changes = new Map<string, MembershipChange>();
  for (const [index, message] of messages.entries()) {
    const problem = planOne(message, index, { plan, changes });
    if (problem) plan.rejected.set(index, problem);
  }
  plan.requests.push(...membershipRequests([...changes.values()]));
  return plan;
}

/** Who must leave a segment before a message may be sent: others by whom Customer.io may know the profile. */
export function leaversOf(message: DestinationMessage): MembershipMessage[] {
  if (message.kind !== 'membership') return [];
  const own = membershipIdentifier(message.addressee);
  return (message.leaving ?? []).flatMap((addressee): MembershipMessage[] => {
    const identifier = membershipIdentifier(addressee);
    const isOther = identifier && !(own?.kind === identifier.kind && own.value === identifier.value);
    return isOther ? [{ ...message, addressee, isMember: false, leaving: [] }] : [];
  });
}

interface MembershipChange {
  segmentId: string;
  isMember: boolean;
  idKind: CustomerioIdKind;
  id: string;
  settles: number[];
}

function planOne(
  message: DestinationMessage,
  index: number,
  { plan, changes }: { plan: RequestPlan; changes: Map<string, MembershipChange> },
): string | undefined {
  if (message.kind === 'membership') return noteChange(message, index, changes);
  if (message.kind === 'decision') return planEvent(message, index, plan);
  const people = message.addressees.flatMap((one) => pathIdentifier(one) ?? []);
  if (people.length === 0) return NO_IDENTIFIER;
  plan.requests.push({ kind: 'suppress', people: [...new Set(people)], settles: [index] });
  return undefined;
}

function planEvent(message: DecisionMessage, index: number, plan: RequestPlan): string | undefined {
  const person = pathIdentifier(message.addressee);
  if (person === undefined) return NO_IDENTIFIER;
  plan.requests.push({ kind: 'event', person, message, settles: [index] });
  return undefined;
}

function noteChange(
  message: MembershipMessage,
  index: number,
  changes: Map<string, MembershipChange>,
): string | undefined {
  const { externalSegmentId: segmentId, isMember, addressee } = message;
  if (!/^\d+$/.test(segmentId)) return NO_SEGMENT;
  const identifier = membershipIdentifier(addressee);
  if (!identifier) return NO_IDENTIFIER;
  const key = JSON.stringify([segmentId, identifier.kind, identifier.value]);
  const settles = [...(changes.get(key)?.settles ?? []), index];
  changes.set(key, { segmentId, isMember, idKind: identifier.kind, id: identifier.value, settles });
  return undefined;
}

function membershipRequests(changes: readonly MembershipChange[]): MembershipRequest[] {
  const requests: MembershipRequest[] = [];
  const open = new Map<string, MembershipRequest>();
  for (const { segmentId, isMember, idKind, id, settles } of changes) {
    const key = `${segmentId} ${isMember} ${idKind}`;
    let request = open.get(key);
    if (!request || request.ids.length === IDS_A_REQUEST) {
      request = { kind: 'membership', segmentId, isMember, idKind, ids: [], settles: [] };
      open.set(key, request);
      requests.push(request);
    }
    request.ids.push(id);
    request.settles.push(...settles);
  }
  return requests;
}
