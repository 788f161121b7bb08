import type { Milliseconds } from '../core/instant.js';
import type { Address, OutboxMessage, OutboxPayload } from './outbox-message.js';

/** A message taken for sending: nobody else sends about the same profile and subject until it is settled or the lease ends. */
export interface ClaimedMessage extends OutboxMessage {
  claim: string;
  /** Where its row lies, as long as nobody touches it. */
  place: string;
  version: number;
  /** Sends that went before, without success. */
  attempts: number;
  payload: OutboxPayload;
  /** Others under whom the destination may still know the profile: they leave before the state is stated. */
  leaving: readonly Address[];
}

/** What came of a claimed message. */
export type Settlement =
  { kind: 'accepted' } | { kind: 'retry'; reason: string; afterMs: Milliseconds } | { kind: 'failed'; reason: string };

/** A claimed message, and what came of it. */
export interface Settled {
  message: ClaimedMessage;
  outcome: Settlement;
}

/** A row as claims return it. */
export type ClaimRow = [
  lane: number,
  profileId: number,
  subject: string,
  place: string,
  version: number,
  attempts: number,
  payload: string,
  leaving: Address[] | null,
  traceparent: string | null,
];

const NOBODY: readonly Address[] = [];

/** In the order of their keys, wherever the rows happen to lie; of those that state the same each holds the one payload. */
export function claimedMessages(rows: ClaimRow[], destination: string, claim: string): ClaimedMessage[] {
  const payloads = new Map<string, OutboxPayload>();
  const read = (text: string): OutboxPayload => {
    let payload = payloads.get(text);
    if (!payload) payloads.set(text, (payload = JSON.parse(text) as OutboxPayload));
    return payload;
  };
  rows.sort(([, a, first], [, b, second]) => a - b || (first < second ? -1 : 1));
  return rows.map(([lane, profileId, subject, place, version, attempts, payload, leaving, traceparent]) => {
    const message: ClaimedMessage = {
      lane,
      destination,
      profileId,
      subject,
      claim,
      place,
      version,
      attempts,
      payload: read(payload),
      leaving: leaving ?? NOBODY,
    };
    if (traceparent !== null) message.traceparent = traceparent;
    return message;
  });
}
