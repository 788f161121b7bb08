import { isbot } from 'isbot';
import type { Instant, Milliseconds } from '../core/instant.js';
import type { ClickSignal } from '../ctas/click-class.js';
import { RecentResults } from '../ctas/recent-results.js';

/** What is seen of a request and may tell a machine from a person. */
export interface RequestSigns {
  method: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Where browsers and apps say that nobody asked for the page yet. */
const PURPOSE_HEADERS = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'];

/** Mail filters that follow links, and do not say "bot" in any way that would be known elsewhere. */
const FILTERS = /barracuda|proofpoint|mimecast|safelinks|fireeye|trendmicro|sophos|forcepoint|cloudmark|virustotal/i;

const RECENT_AGENTS = 5_000;
const LONGEST_AGENT = 500;

/** What speaks for a machine in each request by itself. */
export class ClickSignals {
  private readonly agents = new RecentResults<boolean>(RECENT_AGENTS);

  of({ method, headers }: RequestSigns): ClickSignal[] {
    const signals: ClickSignal[] = [];
    if (method === 'HEAD') signals.push('head_request');
    if (PURPOSE_HEADERS.some((name) => /prefetch|preview|prerender/i.test(String(headers[name] ?? '')))) {
      signals.push('prefetch');
    }
    if (this.isScanner(String(headers['user-agent'] ?? '').slice(0, LONGEST_AGENT))) signals.push('scanner_agent');
    return signals;
  }

  /** No browser comes without a name. */
  private isScanner(agent: string): boolean {
    if (agent === '') return true;
    const known = this.agents.get(agent);
    if (known !== undefined) return known;
    const found = isbot(agent) || FILTERS.test(agent);
    this.agents.set(agent, found);
    return found;
  }
}

const SHARED_WITHIN: Milliseconds = 10_000;
const SHARED_BY = 5;
const RECENT_ADDRESSES = 10_000;

/**
 * Addresses from which links of many people are followed within seconds: a mail filter's, or a whole company's. Each worker
 * sees the clicks that it turns into events.
 */
export class SharedAddresses {
  private readonly recent = new RecentResults<ReadonlyMap<string, Instant>>(RECENT_ADDRESSES);

  /** Notes a click by somebody (`binding`); whether it is one of those of at least five people within ten seconds. */
  note(address: string, binding: string, at: Instant): boolean {
    const earlier = [...(this.recent.get(address) ?? [])].filter(
      ([other, since]) => other !== binding && at - since < SHARED_WITHIN,
    );
    const seen = new Map([...earlier.slice(1 - SHARED_BY), [binding, at] as const]);
    this.recent.set(address, seen);
    return seen.size >= SHARED_BY;
  }
}
