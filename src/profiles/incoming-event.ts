import type { Instant } from '../core/instant.js';
import type { Identifier } from './identifier.js';

/** A fact as a source states it, before it is deduplicated and its profile is known. */
export interface IncomingEvent {
  /** Identity within the source: the same id is the same fact, however often it is delivered. */
  sourceEventId: string;
  name: string;
  /** The event's own time, as the source says; ingestion corrects times too far ahead. */
  occurredAt: Instant;
  /**
   * When it was sent, by the clock that `occurredAt` was read from, where that clock may be wrong: the event happened as long
   * before it is received as it happened before it was sent.
   */
  sentAt?: Instant;
  /** Who did it, strongest evidence first; never empty. */
  identifiers: Identifier[];
  /** A `customer_id` that the sender says was theirs before: a customer who has it, now or later, is the same person. */
  formerId?: Identifier;
  /** Flat where the source allows; rules name these. No personal data that no rule needs. */
  properties: Record<string, unknown>;
  /**
   * True for a fact that several deliveries state, each perhaps with newer details (an order in `orders/create` and again
   * in `orders/paid`). The first stands, and a differing body is then no conflict worth keeping.
   */
  isRestated?: boolean;
}
