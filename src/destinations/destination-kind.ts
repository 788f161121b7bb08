import type { Type } from '@nestjs/common';
import type { Milliseconds } from '../core/instant.js';
import type { OutboundHttp } from '../platform/outbound/outbound-http.js';
import type { ProblemEntry } from '../platform/problem.js';
import type { Destination } from './destination.js';

/** What destinations work with. */
export interface Means {
  /** How long one request may take. */
  timeoutMs: Milliseconds;
  /** For addresses that people chose. */
  http: OutboundHttp;
  /** The real time, which the other side goes by; in ms. */
  now?: () => number;
}

/** A kind of system that we push to: a folder, and a line in registry.ts. */
export interface DestinationKind<Settings extends object = object> {
  kind: string;
  /** In one line, for lists. */
  says: string;
  /** The form of its settings, by the decorators of class-validator. */
  form: Type<Settings>;
  /** Which of them are secrets: kept encrypted, and never shown. */
  secrets: readonly string[];
  /** Which of them the service makes itself unless it is given: a secret that only the answer shows. */
  generated?: string;
  /** The settings with the generated one made anew; the one before may go on beside it. */
  rotate?(settings: Settings): Settings;
  /** What is wrong beyond the form, by pointers into the settings. */
  problemsOf?(settings: Settings, means: Means): ProblemEntry[];
  create(key: string, settings: Settings, means: Means): Destination;
}

/** A kind among others: whoever calls it has checked the settings against its form. */
export function destinationKind<Settings extends object>(kind: DestinationKind<Settings>): DestinationKind {
  return kind;
}
