import type { History } from '../core/history.js';
import type { Instant, Milliseconds } from '../core/instant.js';
import type { Reclassified } from '../ctas/click-classifier.js';
import { advanceMembership, type DeclaredChange, type Transition } from '../core/membership.js';
import type { News } from '../histories/history-reader.js';
import { membershipMessage, type OutboxMessage, type Unsure } from '../outbox/outbox-message.js';
import type { DueProfile } from '../profiles/due-profile.js';
import type { SegmentPush } from '../segments/segment.entities.js';
import type { PublishedSegment, PublishedSegments } from '../segments/segment-store.js';

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
  /** The last revision that memberships rest on. */
  rulesRevision: number;
  now: Instant;
  /** Of a profile of whom nothing is known: the segments that it could be in, now or later. */
  unprompted: readonly PublishedSegment[];
  /** How long an entry that rests on what did not happen waits before it is pushed. */
  settleDelay: Milliseconds;
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
  const reclassifiedBy = reclassifications(news.reclassified, context.segments);
  const touched = [...touchedBy(news, context.segments), ...reclassifiedBy.keys()];
  for (const segment of segmentsToAsk(profile, held, touched, context)) {
    const before = heldBySegment.get(segment.id) ?? neverMember(segment);
    heldBySegment.delete(segment.id);
    const { transitions, dueAt } = advanceMembership(segment.plan, history, {
      wasMember: before.isMember,
      from: Math.max(profile.dueAt, segment.publishedAt),
      until: context.now,
      reclassifiedBy: reclassifiedBy.get(segment),
      ...declaredChange(profile, segment, { rulesRevision: context.rulesRevision, expectedAt: before.dueAt }),
    });
    if (dueAt !== null) changes.dueAt = Math.min(dueAt, changes.dueAt ?? Infinity);
    const { version, push } = segment;
    // Who wants no delay wants none for a late source either.
    const absent = context.settleDelay > 0 ? segment.absences : [];
    const settleDelay = absent.length > 0 ? context.settleDelay : 0;
    note(changes, before, { transitions, dueAt, version, push, settleDelay, absent });
  }
  for (const other of heldBySegment.values()) {
    if (!context.segments.byId.has(other.segmentId)) leaveRemovedSegment(changes, other);
    else if (other.dueAt !== null) changes.dueAt = Math.min(other.dueAt, changes.dueAt ?? Infinity);
  }
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

function touchedBy(news: News, { index }: PublishedSegments): PublishedSegment[] {
  return news.events.flatMap((event) => [...index.touchedBy(event)]);
}

/**
 * Under rules that are new to the profile, all; else those that what is new touches, and those whose time has come. To a
 * profile that is new itself everything is: of the others those alone that don't take an event.
 */
function segmentsToAsk(
  profile: DueProfile,
  held: readonly HeldMembership[],
  touched: readonly PublishedSegment[],
  { segments, rulesRevision, now, unprompted }: EvaluationContext,
): readonly PublishedSegment[] {
  const isNew = profile.evaluatedRevision === 0 && held.length === 0;
  if (profile.evaluatedRevision < rulesRevision && !isNew) return segments.all;
  const asked = new Set(touched);
  if (isNew) for (const segment of unprompted) asked.add(segment);
  for (const { segmentId, dueAt } of held) {
    const segment = dueAt !== null && dueAt <= now ? segments.byId.get(segmentId) : undefined;
    if (segment) asked.add(segment);
  }
  return [...asked].sort((a, b) => a.id - b.id);
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
  { rulesRevision, expectedAt }: { rulesRevision: number; expectedAt: Instant | null },
): { change?: DeclaredChange } {
  if (profile.evaluatedRevision === 0 || profile.evaluatedRevision >= rulesRevision) return {};
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
    push: [],
    settleDelay: 0,
    absent: [],
  });
}

interface Outcome {
  transitions: Transition[];
  dueAt: Instant | null;
  version: number;
  push: readonly SegmentPush[];
  settleDelay: Milliseconds;
  /** The events that must not have happened for somebody to be a member. */
  absent: Unsure['absent'];
}

/** Writes down what came of one segment, and owes it to the destination where that is news there. */
function note(changes: ProfileChanges, before: HeldMembership, outcome: Outcome): void {
  const { transitions, dueAt, push, version } = outcome;
  const last = transitions.at(-1);
  const { isMember, since } = last ? { isMember: last.kind === 'entered', since: last.at } : before;
  const pushAs = writePushes(push);
  const isNews = last !== undefined || (isMember && pushAs !== before.pushedAs);
  const isRestated = before.ordinal > 0 && before.version !== version;
  if (!isNews && !isRestated && dueAt === before.dueAt) return;
  if (isNews) {
    const known = readPushes(before.pushedAs);
    const isBackfill = last === undefined || last.cause.kind === 'rule' || last.cause.kind === 'catalogue';
    owe(changes, {
      isMember,
      stated: last ? push : without(push, known),
      withdrawn: without(known, push),
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
  stated: readonly SegmentPush[];
  withdrawn: readonly SegmentPush[];
  isBackfill: boolean;
  /** Of an entry; whoever leaves, leaves at once. */
  notBefore: Instant;
  absent: Unsure['absent'];
}

/**
 * What was withdrawn stands before what is stated: a segment at the destination may have passed from one of our segments
 * to another, and of two messages about it the last one counts.
 */
function owe(changes: ProfileChanges, { isMember, stated, withdrawn, isBackfill, notBefore, absent }: Owed): void {
  const owner = { lane: changes.profile.lane, profileId: changes.profile.id };
  changes.messages.unshift(...withdrawn.map((one) => membershipMessage(owner, one, false, { isBackfill })));
  const unsure = absent.length > 0 ? { unsure: { absent, until: notBefore + LONGEST_WAIT } } : {};
  const how = { isBackfill, ...(isMember && { notBefore, ...unsure }) };
  changes.messages.push(...stated.map((one) => membershipMessage(owner, one, isMember, how)));
}

/** Where a state was pushed, as one short text that is the same whatever the order; null: nowhere. */
function writePushes(pushes: readonly SegmentPush[]): string | null {
  const parts = pushes.map(({ destination, segmentId }) => `${destination}:${segmentId}`);
  return parts.length > 0 ? parts.sort().join(' ') : null;
}

function readPushes(pushedAs: string | null): SegmentPush[] {
  return (pushedAs?.split(' ') ?? []).map((part) => {
    const colon = part.indexOf(':');
    return { destination: part.slice(0, colon), segmentId: part.slice(colon + 1) };
  });
}

function without(pushes: readonly SegmentPush[], others: readonly SegmentPush[]): SegmentPush[] {
  return pushes.filter(
    (one) => !others.some((other) => other.destination === one.destination && other.segmentId === one.segmentId),
  );
}
