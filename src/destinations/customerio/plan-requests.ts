import type { ClickMessage, DecisionMessage, DestinationMessage, MembershipMessage } from '../destination.js';
import {
  attributeItem,
  decisionAttribute,
  decisionEvent,
  introduction,
  isTooLarge,
  membershipEvent,
  TOO_LARGE,
  type BatchItem,
} from './batch-items.js';
import {
  membershipIdentifier,
  pathIdentifier,
  usableEmail,
  type CustomerioIdentifier,
  type CustomerioIdKind,
} from './customerio-identifier.js';
import { segmentPlace, type SegmentPlace } from './segment-place.js';

/** How decisions are told: as an event, as an attribute of the person, or as both. */
export type DecisionsAs = 'event' | 'attribute' | 'both';

/** Additions to or removals from a manual segment, and which of the messages (by index) each settles. */
export interface MembershipRequest {
  segmentId: string;
  isMember: boolean;
  idKind: CustomerioIdKind;
  members: { id: string; settles: number[] }[];
}

export interface SuppressRequest {
  /** As each stands in the path. */
  people: string[];
  settles: number[];
}

/** A report about a delivery, and which of the messages (by index) it settles. */
export interface ReportRequest {
  report: { delivery_id: string; metric: 'clicked'; timestamp: number; href: string };
  settles: number[];
}

export interface RequestPlan {
  /** Who must be known before they can be added to a manual segment. */
  introductions: BatchItem[];
  memberships: MembershipRequest[];
  items: BatchItem[];
  reports: ReportRequest[];
  suppressions: SuppressRequest[];
  /** Why a message can't be sent at all, by its index. */
  rejected: Map<number, string>;
}

const IDS_A_REQUEST = 1_000;
const NO_IDENTIFIER =
  'no identifier that Customer.io takes: a customer id, cio_id or email of 1 to 150 bytes is needed';
const NO_SEGMENT = 'the segment id is not one of Customer.io: a whole number, attribute:… or event:…';

/**
 * Divides messages into the fewest requests that Customer.io takes. What it would refuse is left out here, because a
 * request is refused as a whole. Of several messages about one person and segment the last counts, and settles all.
 */
export function planRequests(messages: readonly DestinationMessage[], decisionsAs: DecisionsAs = 'event'): RequestPlan {
  const plan: RequestPlan = {
    introductions: [],
    memberships: [],
    items: [],
    reports: [],
    suppressions: [],
    rejected: new Map(),
  };
  const changes = new Map<string, MembershipChange>();
  const planning = { plan, changes, decisionsAs };
  for (const [index, message] of messages.entries()) {
    const problem = planOne(message, index, planning);
    if (problem) plan.rejected.set(index, problem);
  }
  for (const change of changes.values()) planChange(change, plan);
  plan.memberships = membershipRequests([...changes.values()]);
  return plan;
}

/** Who must leave a segment before a message may be sent: others by whom Customer.io may know the profile. */
export function leaversOf(message: DestinationMessage): MembershipMessage[] {
  if (message.kind !== 'membership' || !message.leaving) return [];
  const own = membershipIdentifier(message.addressee);
  return message.leaving.flatMap((addressee): MembershipMessage[] => {
    const identifier = membershipIdentifier(addressee);
    const isOther = identifier && !(own?.kind === identifier.kind && own.value === identifier.value);
    const { id, version, externalSegmentId } = message;
    return isOther ? [{ kind: 'membership', id, version, addressee, externalSegmentId, isMember: false }] : [];
  });
}

interface MembershipChange {
  place: Exclude<SegmentPlace, { as: 'made' }>;
  who: CustomerioIdentifier;
  message: MembershipMessage;
  settles: number[];
}

interface Planning {
  plan: RequestPlan;
  changes: Map<string, MembershipChange>;
  decisionsAs: DecisionsAs;
}

function planOne(message: DestinationMessage, index: number, planning: Planning): string | undefined {
  if (message.kind === 'membership') return noteChange(message, index, planning.changes);
  if (message.kind === 'decision') return planDecision(message, index, planning);
  if (message.kind === 'click') return planReport(message, index, planning);
  if (message.kind === 'conversion') return 'Customer.io is told of no purchases';
  const people = message.addressees.flatMap((one) => pathIdentifier(one) ?? []);
  if (people.length === 0) return NO_IDENTIFIER;
  planning.plan.suppressions.push({ people: [...new Set(people)], settles: [index] });
  return undefined;
}

function planDecision(message: DecisionMessage, index: number, { plan, decisionsAs }: Planning): string | undefined {
  const who = membershipIdentifier(message.addressee);
  if (!who) return NO_IDENTIFIER;
  const items = [
    ...(decisionsAs === 'attribute' ? [] : [decisionEvent(who, message, [index])]),
    ...(decisionsAs === 'event' ? [] : [decisionAttribute(who, message, [index])]),
  ];
  if (items.some(isTooLarge)) return TOO_LARGE;
  plan.items.push(...items);
  return undefined;
}

/** Whose click it is Customer.io knows by the delivery. */
function planReport({ deliveryId, href, occurredAt }: ClickMessage, index: number, { plan }: Planning): undefined {
  const timestamp = Math.floor(occurredAt / 1_000);
  plan.reports.push({ report: { delivery_id: deliveryId, metric: 'clicked', timestamp, href }, settles: [index] });
}

function noteChange(
  message: MembershipMessage,
  index: number,
  changes: Map<string, MembershipChange>,
): string | undefined {
  const place = segmentPlace(message.externalSegmentId);
  if (!place || place.as === 'made') return NO_SEGMENT;
  const who = membershipIdentifier(message.addressee);
  if (!who) return NO_IDENTIFIER;
  const { externalSegmentId } = message;
  const key = `${who.kind} ${externalSegmentId.length} ${externalSegmentId}${who.value}`;
  const change: MembershipChange = changes.get(key) ?? { place, who, message, settles: [] };
  change.message = message;
  change.settles.push(index);
  changes.set(key, change);
  return undefined;
}

function planChange({ place, who, message, settles }: MembershipChange, plan: RequestPlan): void {
  const { isMember } = message;
  if (place.as === 'attribute') plan.items.push(attributeItem(who, { name: place.name, isMember }, settles));
  if (place.as === 'event')
    plan.items.push(membershipEvent(who, { name: place.name, isMember, id: message.id }, settles));
  if (place.as === 'segment' && isMember && isStranger(who, message)) {
    plan.introductions.push(introduction(who, usableEmail(message.addressee), settles));
  }
}

/** A cio_id is Customer.io's own: whoever has one is known there. Of others they would be added without a word, and in vain. */
function isStranger(who: CustomerioIdentifier, { isKnown = false, addressee }: MembershipMessage): boolean {
  return !isKnown && who.kind !== 'cio_id' && addressee.cioId === undefined;
}

function membershipRequests(changes: readonly MembershipChange[]): MembershipRequest[] {
  const requests: MembershipRequest[] = [];
  const open = new Map<string, MembershipRequest>();
  for (const { place, who, message, settles } of changes) {
    if (place.as !== 'segment') continue;
    const { isMember } = message;
    const key = `${place.id} ${isMember} ${who.kind}`;
    let request = open.get(key);
    if (!request || request.members.length === IDS_A_REQUEST) {
      request = { segmentId: place.id, isMember, idKind: who.kind, members: [] };
      open.set(key, request);
      requests.push(request);
    }
    request.members.push({ id: who.value, settles });
  }
  return requests;
}
