import type { MessageKind } from './message-context.js';

/** An id as Customer.io gives it. */
export type Id = string | number;

/** What a query parameter must be: this value, one that begins so, there at all, or not there. */
export type ParameterTest = string | { startsWith: string } | { exists: boolean };

/** The message that a link stood in; of the four kinds of message one at most. */
export type PatternMessage = Partial<Record<MessageKind | 'action_id', Id>>;

/** Which links a CTA is found in. Everything given must hold; the link's other parts are free. */
export interface CtaPattern {
  /** Exact, or `*.example.com` for every subdomain; compared in lower case. */
  host?: string;
  /** In which `*` stands for any run of characters. */
  path?: string;
  query?: Record<string, ParameterTest>;
  /** The name that the template gives the link with `data-cio-tag`. */
  tag?: string;
  message?: PatternMessage;
  /** Which link of the message: never without a message, since every message counts its links from one. */
  link_id?: Id;
}

export interface CtaDefinition {
  key: string;
  kind: string | null;
  patterns: readonly CtaPattern[];
}
