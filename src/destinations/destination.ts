import type { Instant } from '../core/instant.js';
import type { Finding, Surroundings } from './finding.js';
import type { FamilyLimits, Gate } from './gate.js';

/** How a destination may know a profile. A subset of the identifier kinds; a destination picks the first it can use. */
export interface Addressee {
  customerId?: string;
  cioId?: string;
  email?: string;
}

/** The desired state of one profile in one segment at the destination. */
export interface MembershipMessage {
  kind: 'membership';
  /** The same for every attempt at this state, and never another's. */
  id: string;
  /** Raised with every change of the state. */
  version: number;
  addressee: Addressee;
  /** The destination's own id of the segment. */
  externalSegmentId: string;
  isMember: boolean;
  /** Whether the destination is known to hold the profile in some segment, and so knows it. */
  isKnown?: boolean;
  /**
   * Others that stood for the profile before it was merged: they leave the segment before its state is stated, since the
   * destination may know them as the same person.
   */
  leaving?: readonly Addressee[];
}

/** A decision to be told to the destination as an event; `id` deduplicates there. */
export interface DecisionMessage {
  kind: 'decision';
  addressee: Addressee;
  id: string;
  occurredAt: Instant;
  /** Small flat JSON, as the decision API answers it. */
  data: Record<string, string | number | boolean | null>;
}

/** A person's click on a link of ours, in a message that the destination delivered; it knows whom by the delivery. */
export interface ClickMessage {
  kind: 'click';
  /** The same for every attempt, and never another's. */
  id: string;
  /** The destination's own id of the delivery. */
  deliveryId: string;
  href: string;
  occurredAt: Instant;
}

/** A purchase that is attributed to a click, or what was taken back of one, to be told as an event. */
export interface ConversionMessage {
  kind: 'conversion';
  /** The same for every attempt, and never another's. */
  id: string;
  addressee: Addressee;
  /** When it was bought, or taken back. */
  occurredAt: Instant;
  /** About the order and the click; nothing of it is about a person. */
  data: Record<string, string | number>;
  /** Of a purchase that was told before, `data.value` was taken back since. */
  isRefund?: boolean;
}

/** Somebody is to be forgotten and not to come back, under everything by which the destination may know them. */
export interface ErasureMessage {
  kind: 'erasure';
  /** The same for every attempt. */
  id: string;
  addressees: readonly Addressee[];
}

export type DestinationMessage =
  MembershipMessage | DecisionMessage | ClickMessage | ConversionMessage | ErasureMessage;

export type MessageKind = DestinationMessage['kind'];

/**
 * What became of one message. The class decides on retry: `retry` will pass, `rejected` needs a person, and what was `held`
 * was never sent, because the gate let no more through.
 */
export type SendOutcome =
  | { kind: 'accepted' }
  | { kind: 'retry'; reason: string; retryAfterMs?: number; isBusy?: boolean }
  | { kind: 'rejected'; reason: string }
  | { kind: 'held'; forMs: number };

/** A segment that has to be there before anything can be sent about it. */
export interface WantedSegment {
  /** What we call it: the same for every attempt, and never another's. */
  segmentId: string;
  /** What people there call it. */
  name: string;
  /** Whether one of this name that is not ours may be taken over. */
  adopt: boolean;
  /** The destination's own id of it as far as we know. */
  externalId?: string;
}

/**
 * What became of a wanted segment. `refused` needs a person, and says what to do; `retry` will pass; what was `held` was
 * never asked for, because the gate let no more through.
 */
export type ProvisionOutcome =
  | { kind: 'ready'; externalId: string; origin: SegmentOrigin; note?: string }
  | { kind: 'refused'; problem: string }
  | { kind: 'retry'; reason: string; retryAfterMs?: number }
  | { kind: 'held'; forMs: number };

/** Whether we made it there, or took over one that others had made. */
export type SegmentOrigin = 'made' | 'adopted';

/**
 * A system that we push to. Adding one is a folder and a line in registry.ts. `send` never throws for what the remote
 * side does, and answers one outcome per message, in order; it splits batches by the destination's own limits, makes no
 * retries of its own, and gives up within `timeoutMs` a request.
 */
export interface Destination {
  key: string;
  /** What it can be told; of anything else it is owed nothing. */
  takes: readonly MessageKind[];
  /** How purchases that it takes are attributed to clicks; a window as reports on links name it. */
  attribution?: { window: string; credit: 'last' | 'first' };
  /** What is wrong with a name by which a segment is to go there; undefined if nothing is. */
  segmentProblem(externalSegmentId: string): string | undefined;
  /**
   * What is wrong with a segment that is there already, by what the destination answers just now; undefined where nothing is,
   * or it does not say. Never throws for what the remote side does.
   */
  segmentWarning?(externalSegmentId: string): Promise<string | undefined>;
  /**
   * Whose data it holds, such as a workspace; what another account was told is not held in this one. Absent where there is
   * nothing to tell accounts apart by.
   */
  account?: string;
  /** Which segments it has to have been made to hold before anything is sent about them, by {@link provision}. */
  isProvisioned?(externalSegmentId: string): boolean;
  /**
   * Makes a segment, finds the one that was made, or takes over another's where that is wanted; it may be done again and
   * again, by one process at a time. Never throws for what the remote side does.
   */
  provision?(wanted: WantedSegment, gate?: Gate): Promise<ProvisionOutcome>;
  /** The most messages that are claimed together, and that one call of `send` should be given. */
  batchSize: number;
  /** What each family of its endpoints takes, by name. Every request goes through the gate of its family. */
  limits: Readonly<Record<string, FamilyLimits>>;
  /** The family by which messages are sent. */
  sendsBy: string;
  /** Without a gate, as fast as it goes. */
  send(messages: readonly DestinationMessage[], gate?: Gate): Promise<SendOutcome[]>;
  /** Of which segments can be asked whom they hold. */
  isReadable?(externalSegmentId: string): boolean;
  /**
   * Whom it holds as members of a segment, page by page, until the signal is given; absent where it can't be asked. Throws
   * {@link ReadBackFailed}.
   */
  readBack?(externalSegmentId: string, signal: AbortSignal, gate?: Gate): AsyncIterable<readonly Addressee[]>;
  /** Looks for what is wrong with its set-up, and changes nothing; absent where there is nothing to ask. */
  check?(around: Surroundings): Promise<Finding[]>;
  /** Makes what it needs at the other side, and looks at it; it may be done again and again. */
  setUp?(around: Surroundings & { publicUrl: string }): Promise<Finding[]>;
}

/** A destination did not say what it holds. The message is for operators and names nobody. */
export class ReadBackFailed extends Error {}

/** Under this token the configured destinations are injected: `readonly Destination[]`. */
export const DESTINATIONS = Symbol('Destinations');
