import type { PageFacts } from './page-facts.js';

/** How a hop was come to. */
export type Via = 'link' | 'redirect' | 'refresh header' | 'meta refresh' | 'script';

/** One request on the way of a link, and what was answered. */
export interface Hop {
  url: string;
  via: Via;
  /** Null where there was no answer. */
  status: number | null;
  /** Until the headers were there, in milliseconds. */
  ms: number;
  /** Null over plain http, or without an answer. */
  tls: { protocol: string | null; issuer: string | null; validTo: string | null } | null;
  /** Names of the cookies that the answer sets. */
  cookies: readonly string[];
  /** The discount code that it sets as a cookie, as Shopify does. */
  discount: string | null;
  headers: Readonly<Record<string, string>>;
  /** Where it leads on. */
  leadsTo: string | null;
}

/** How a walk ended. */
export type WalkEnd =
  /** With an answer that leads nowhere else. */
  | { kind: 'answered' }
  /** No answer: a bare word such as TIMEOUT, ENOTFOUND or CERT_HAS_EXPIRED. */
  | { kind: 'no answer'; code: string }
  /** An address that must not be asked. */
  | { kind: 'refused'; url: string; problem: string }
  | { kind: 'loop'; url: string }
  | { kind: 'too many redirects' }
  /** A redirect without a usable address. */
  | { kind: 'bad redirect'; location: string | null }
  /** Into an app, or another scheme that is not of the web. */
  | { kind: 'left the web'; url: string }
  | { kind: 'out of time' };

/** The whole way of a link, as one client goes it. */
export interface Walk {
  client: string;
  hops: readonly Hop[];
  end: WalkEnd;
  /** Of the page at the end, if one came. */
  page: PageFacts | null;
}

export function lastHop(walk: Walk): Hop | undefined {
  return walk.hops.at(-1);
}
