import type { IncomingEvent } from '../profiles/incoming-event.js';

/** One HTTP delivery as it came: header names in lower case, the body's raw bytes. */
export interface WebhookDelivery {
  headers: Readonly<Record<string, string | undefined>>;
  body: Buffer;
}

export type Verification = { ok: true } | { ok: false; problem: string };

/** What a delivery means. `unusable` is kept as a dead letter; `skipped` is understood and rightly not stored. */
export type Normalisation =
  | { kind: 'events'; events: IncomingEvent[] }
  | { kind: 'unusable'; reason: UnusableReason; problem: string }
  | { kind: 'skipped'; reason: string };

export type UnusableReason = 'not_json' | 'wrong_shape' | 'unknown_topic' | 'no_identifier' | 'bad_timestamp';

/**
 * A system that facts come from. Pure: no I/O, no clock. Adding one is a folder with this declared value and fixtures, and
 * a line in registry.ts; the contract suite runs over every entry.
 */
export interface Source {
  /** The `source` of its events. */
  key: string;
  /** Reads a delivery of somebody who may deliver; never throws, whatever the bytes. */
  normalise(delivery: WebhookDelivery): Normalisation;
}

/** A source that sends signed webhooks, to `POST /v1/sources/<key>`. */
export interface WebhookSource extends Source {
  /**
   * Whether the sender knows one of the secrets. Compared in constant time over the raw bytes; false when no secret is
   * configured. Several secrets are accepted at once so that they can be rotated.
   */
  verify(delivery: WebhookDelivery, secrets: readonly string[]): Verification;
}
