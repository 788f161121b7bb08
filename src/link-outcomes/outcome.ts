import type { Instant } from '../core/instant.js';
import type { OutboxMessage, OutboxPayload } from '../outbox/outbox-message.js';
import { laneOfProfile } from '../platform/lanes.js';

/** An event that a destination is to hear of. */
export interface Outcome {
  eventId: string;
  at: Instant;
  payload: Extract<OutboxPayload, { kind: 'click' | 'conversion' }>;
  /** Further events that are told of by it: what had undone a part of a purchase by then. */
  includes?: readonly string[];
}

/** The message that tells of it; the same subject for the same event. */
export function outcomeMessage(profileId: number, destination: string, { eventId, payload }: Outcome): OutboxMessage {
  const subject = `${payload.kind}:${eventId}`;
  return { lane: laneOfProfile(profileId), profileId, destination, subject, payload };
}
