import type { History } from '../core/history.js';
import type { HistoryEvent } from '../core/history-event.js';
import type { Instant, Milliseconds } from '../core/instant.js';
import type { Reclassified } from '../ctas/click-classifier.js';
import { advanceMembership, type DeclaredChange, type Transition } from '../core/membership.js';
import { membershipMessage, type OutboxMessage, type Unsure } from '../outbox/outbox-message.js';
import type { PublishedSegment, PublishedSegments } from '../segments/segment-store.js';

/** A profile taken for evaluation. */
export interface DueProfile {
  lane: number;
  id: number;
  /** When something about it was due; never before its last evaluation. */
  dueAt: Instant;
  evaluatedAt: Instant | null;
  evaluatedSeq: number;
  /** 0 before the first evaluation. */
  evaluatedRevision: number;
}

/** A membership as it was last written. */
export interface HeldMembership {
  segmentId: number;
  isMember: boolean;
  ordinal: number;
  version: number;
  since: Instant;
  /** When it changes next if no event comes; null: never. */
  dueAt: Instant | null;
  pushedAs: string | null;
}

export interface MembershipChange extends HeldMembership {
  transitions: Transition[];
}

/** All that an evaluation changes about one profile. */
export interface ProfileChanges {
  profile: DueProfile;
  memberships: MembershipChange[];
  messages: OutboxMessage[];
  /** When the profile is due again; null: when an event comes. */
  dueAt: Instant | null;
  evaluatedAt: Instant;
}

/** Rules and present instant under which a batch is evaluated. */
export interface EvaluationContext {
  segments: PublishedSegments;
  revision: number;
  now: Instant;
  /** How long an entry that rests on what did not happen waits before it is pushed. */
  settleDelay: Milliseconds;
}

/** What came to be known of a profile since its last evaluation. */
export interface News {
  events: readonly HistoryEvent[];
  /** Older clicks that are seen otherwise in the light of it. */
  reclassified: readonly Reclassified[];
}

/**
 * Brings one profile's memberships from its due instant to the present. Under rules that it was evaluated under before,
 * only those are asked that its new events touch or whose time has come: no others can have changed.
 */
export function changesOf(
  profile: DueProfile,
  history: History,
  held: readonly HeldMembership[],
  news: News,
  context: EvaluationContext,
): ProfileChanges {
  const heldBySegment = new Map(held.map((one) => [one.segmentId, one]));
  const changes: ProfileChanges = {
    profile,
    memberships: [],
    messages: [],
    dueAt: null,
    evaluatedAt: Math.max(profile.dueAt, profile.evaluatedAt ?? -Infinity),
  };
  const isSameRevision = profile.evaluatedRevision === context.revision;
  const reclassifiedBy = reclassifications(news.reclassified, context.segments);
  const touched = new Set(news.events.flatMap((event) => [...context.segments.index.touchedBy(event)]));
  for (const segment of reclassifiedBy.keys()) touched.add(segment);
  for (const segment of context.segments.all) {
    const known = heldBySegment.get(segment.id);
    const before = known ?? neverMember(segment);
    heldBySegment.delete(segment.id);
    if (isSameRevision && !touched.has(segment) && (before.dueAt ?? Infinity) > context.now) {
      if (before.dueAt !== null) changes.dueAt = Math.min(before.dueAt, changes.dueAt ?? Infinity);
      continue;
    }
    const { transitions, dueAt } = advanceMembership(segment.plan, history, {
      wasMember: before.isMember,
      from: Math.max(profile.dueAt, segment.publishedAt),
      until: context.now,
      reclassifiedBy: reclassifiedBy.get(segment),
      ...declaredChange(profile, segment, { revision: context.revision, expectedAt: before.dueAt }),
    });
    if (dueAt !== null) changes.dueAt = Math.min(dueAt, changes.dueAt ?? Infinity);
    const { version, push, absences: absent } = segment;
    const settleDelay = absent.length > 0 ? context.settleDelay : 0;
    note(changes, before, { transitions, dueAt, version, push, settleDelay, absent });
  }
  for (const removed of heldBySegment.values()) leaveRemovedSegment(changes, removed);
  return changes;
}

/** The segments that a click touches that is seen otherwise, before or now, and the event that did it. */
function reclassifications(
  reclassified: readonly Reclassified[],
  segments: PublishedSegments,
): Map<PublishedSegment, string> {
  const by = new Map<PublishedSegment, string>();
  for (const { before, after, evidenceId } of reclassified) {
    for (const click of [before, after]) {
      for (const segment of segments.index.touchedBy(click)) by.set(segment, evidenceId);
    }
  }
  return by;
}

function neverMember(segment: PublishedSegment): HeldMembership {
  return {
    segmentId: segment.id,
    isMember: false,
    ordinal: 0,
    version: segment.version,
    since: 0,
    dueAt: null,
    pushedAs: null,
  };
}

/** Whether the rule, or what rules rest on, is another than before. What had been expected by now is the work of time. */
function declaredChange(
  profile: DueProfile,
  segment: PublishedSegment,
  { revision, expectedAt }: { revision: number; expectedAt: Instant | null },
): { change?: DeclaredChange } {
  if (profile.evaluatedRevision === 0 || profile.evaluatedRevision === revision) return {};
  if (profile.evaluatedRevision < segment.revision) return { change: 'rule' };
  return expectedAt === profile.dueAt ? {} : { change: 'catalogue' };
}

/** A segment that is no longer in force has no members. */
function leaveRemovedSegment(changes: ProfileChanges, held: HeldMembership): void {
  if (!held.isMember) return;
  const exit: Transition = { kind: 'exited', at: changes.evaluatedAt, cause: { kind: 'rule' } };
  note(changes, held, {
    transitions: [exit],
    dueAt: null,
    version: held.version,
    push: null,
    settleDelay: 0,
    absent: [],
  });
}

interface Outcome {
  transitions: Transition[];
  dueAt: Instant | null;
  version: number;
  push: { destination: string; segmentId: string } | null;
  settleDelay: Milliseconds;
  /** The events that must not have happened for somebody to be a member. */
  absent: Unsure['absent'];
}

/** Writes down what came of one segment, and owes it to the destination where that is news there. */
function note(changes: ProfileChanges, before: HeldMembership, outcome: Outcome): void {
  const { transitions, dueAt, push, version } = outcome;
  const last = transitions.at(-1);
  const { isMember, since } = last ? { isMember: last.kind === 'entered', since: last.at } : before;
  const pushAs = push && `${push.destination}:${push.segmentId}`;
  const isNews = last !== undefined || (isMember && pushAs !== before.pushedAs);
  const isRestated = before.ordinal > 0 && before.version !== version;
  if (!isNews && !isRestated && dueAt === before.dueAt) return;
  if (isNews) {
    const oldPush = before.pushedAs === pushAs ? null : pushOf(before.pushedAs);
    const isBackfill = last === undefined || last.cause.kind === 'rule' || last.cause.kind === 'catalogue';
    owe(changes, {
      isMember,
      push,
      oldPush,
      isBackfill,
      notBefore: since + outcome.settleDelay,
      absent: outcome.absent,
    });
  }
  if (last) changes.evaluatedAt = Math.max(changes.evaluatedAt, last.at);
  changes.memberships.push({
    segmentId: before.segmentId,
    isMember,
    ordinal: before.ordinal + transitions.length,
    version,
    since,
    dueAt,
    pushedAs: isNews ? pushAs : before.pushedAs,
    transitions,
  });
}

/** How long a push waits at the most for a source that is late; one that was given up would hold it for ever. */
const LONGEST_WAIT: Milliseconds = 86_400_000;

interface Owed {
  isMember: boolean;
  push: Outcome['push'];
  oldPush: Outcome['push'];
  isBackfill: boolean;
  /** Of an entry; whoever leaves, leaves at once. */
  notBefore: Instant;
  absent: Unsure['absent'];
}

/**
 * What was withdrawn stands before what is stated: a segment at the destination may have passed from one of our segments
 * to another, and of two messages about it the last one counts.
 */
function owe(changes: ProfileChanges, { isMember, push, oldPush, isBackfill, notBefore, absent }: Owed): void {
  const owner = { lane: changes.profile.lane, profileId: changes.profile.id };
  if (oldPush) changes.messages.unshift(membershipMessage(owner, oldPush, false, { isBackfill }));
  const unsure = absent.length > 0 ? { unsure: { absent, until: notBefore + LONGEST_WAIT } } : {};
  const how = { isBackfill, ...(isMember && { notBefore, ...unsure }) };
  if (push) changes.messages.push(membershipMessage(owner, push, isMember, how));
}

function pushOf(pushedAs: string | null): { destination: string; segmentId: string } | null {
  if (pushedAs === null) return null;
  const colon = pushedAs.indexOf(':');
  return { destination: pushedAs.slice(0, colon), segmentId: pushedAs.slice(colon + 1) };
}
