import type { Address, OutboxPayload } from './outbox-message.js';
import type { ClaimedMessage } from './outbox-store.js';

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
