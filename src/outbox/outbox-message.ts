import type { Instant } from '../core/instant.js';
import type { EventName } from '../core/rule.js';

/** Events that must not have happened for a state to be right; until when it waits for a source of theirs that is late. */
export interface Unsure {
  absent: readonly EventName[];
  until: Instant;
}

/** What a destination is to be told about one profile. */
export type OutboxPayload =
  | { kind: 'membership'; externalSegmentId: string; isMember: boolean; unsure?: Unsure }
  | { kind: 'decision'; id: string; occurredAt: Instant; data: Record<string, string | number | boolean | null> }
  | { kind: 'click'; deliveryId: string; href: string; occurredAt: Instant }
  | { kind: 'conversion'; occurredAt: Instant; data: Record<string, string | number>; isRefund?: boolean }
  | { kind: 'erasure'; addresses: readonly Address[] };

/** How somebody may be known to a destination: one identifier of each kind, by kind. */
export type Address = Readonly<Record<string, string>>;

/** A change owed. A newer one about the same subject replaces it. */
export interface OutboxMessage {
  lane: number;
  profileId: number;
  destination: string;
  /** A segment at the destination, one decision, one click or one purchase. */
  subject: string;
  payload: OutboxPayload;
  /** Not sent before, however soon it is written. */
  notBefore?: Instant;
  /** True for what comes of looking at everybody again: it never holds up what comes of somebody's own doing. */
  isBackfill?: boolean;
  /** The trace that it belongs to, as W3C Trace Context writes it. */
  traceparent?: string;
}

/** What the messages about a segment are about, by what the destination is told that it is. */
export function segmentSubject(segmentId: string): string {
  return `segment:${segmentId}`;
}

/** The desired membership of a profile in a segment at a destination. */
export function membershipMessage(
  profile: { lane: number; profileId: number },
  push: { destination: string; segmentId: string },
  isMember: boolean,
  how: Pick<OutboxMessage, 'notBefore' | 'isBackfill'> & { unsure?: Unsure } = {},
): OutboxMessage {
  const { unsure, ...when } = how;
  return {
    ...profile,
    destination: push.destination,
    subject: segmentSubject(push.segmentId),
    payload: {
      kind: 'membership',
      externalSegmentId: push.segmentId,
      isMember,
      ...(unsure && { unsure }),
    },
    ...when,
  };
}

/** A decision that a destination is to hear of. */
export function decisionMessage(
  profile: { lane: number; profileId: number },
  destination: string,
  decision: { id: string; occurredAt: Instant; data: Record<string, string | number | boolean | null> },
): OutboxMessage {
  return { ...profile, destination, subject: `decision:${decision.id}`, payload: { kind: 'decision', ...decision } };
}

/** Somebody is to be forgotten, under every address; the message is the last place that knows them, and goes when it is accepted. */
export function erasureMessage(
  profile: { lane: number; profileId: number },
  destination: string,
  addresses: readonly Address[],
  how: Pick<OutboxMessage, 'notBefore'> = {},
): OutboxMessage {
  return { ...profile, destination, subject: 'erasure', payload: { kind: 'erasure', addresses }, ...how };
}
