import { Injectable, Logger } from '@nestjs/common';
import { RecentResults } from '../ctas/recent-results.js';
import { ClickJournal } from './click-journal.js';
import { ClickSignals, SharedAddresses, type RequestSigns } from './click-signals.js';
import { destinationProblem } from './destination.js';
import { LinkKeys } from './link-keys.js';
import { RouteStore, type Route } from './route-store.js';

/** Somebody, or something, that follows a link. */
export interface Visit extends RequestSigns {
  token: string;
  /** The host that was asked, without its port. */
  host: string;
  address: string;
}

/** Where a visit is led: on, or to a page that says why not. */
export type Answer = { to: string } | { refused: 'unknown' | 'gone' | 'unavailable' };

const UNKNOWN: Answer = { refused: 'unknown' };
const GONE: Answer = { refused: 'gone' };

const HASH_BYTES = 12;
const RECENT = 10_000;

/** Leads on who follows a link, and writes the click down before that. */
@Injectable()
export class Redirector {
  private readonly logger = new Logger(Redirector.name);
  private readonly signals = new ClickSignals();
  private readonly shared = new SharedAddresses();
  private readonly hashes = new RecentResults<string>(RECENT);
  private readonly safe = new RecentResults<boolean>(RECENT);

  constructor(
    private readonly keys: LinkKeys,
    private readonly routes: RouteStore,
    private readonly journal: ClickJournal,
  ) {}

  /** Never throws: whoever follows a link understands a page at the most. */
  async follow(visit: Visit): Promise<Answer> {
    const token = this.keys.tokens.read(visit.token);
    if (!token) return UNKNOWN;
    try {
      const route = await this.routes.find(token);
      const answer = this.judge(route, visit.host);
      if ('to' in answer) await this.record(visit, route!);
      return answer;
    } catch (error) {
      this.logger.warn({ msg: 'a link could not be followed', err: error });
      return { refused: 'unavailable' };
    }
  }

  private judge(route: Route | undefined, host: string): Answer {
    if (!route || host !== route.domain || route.leadsBack) return UNKNOWN;
    if (route.isDisabled || route.at >= route.expiresAt) return GONE;
    return this.isSafe(route) ? { to: route.landingUrl } : UNKNOWN;
  }

  /** By what the domain allows now, not when the link was made. */
  private isSafe({ landingUrl, allowedHosts }: Route): boolean {
    const key = `${landingUrl} ${allowedHosts.join(' ')}`;
    const known = this.safe.get(key);
    if (known !== undefined) return known;
    const found = destinationProblem(landingUrl, allowedHosts) === undefined;
    this.safe.set(key, found);
    return found;
  }

  private async record(visit: Visit, { link, binding, at }: Route): Promise<void> {
    const addressHash = this.hashOf('address', visit.address);
    const signals = this.signals.of(visit);
    if (binding !== undefined && this.shared.note(addressHash, binding, at)) signals.push('shared_address');
    const agentHash = this.hashOf('agent', String(visit.headers['user-agent'] ?? ''));
    await this.journal.write({ link, binding, at, signals, addressHash, agentHash });
  }

  /** All that is kept of who asked. */
  private hashOf(kind: 'address' | 'agent', text: string): string {
    const key = `${kind} ${text}`;
    const known = this.hashes.get(key);
    if (known !== undefined) return known;
    const hash = this.keys.hash(kind, text, HASH_BYTES).toString('base64url');
    if (key.length <= 500) this.hashes.set(key, hash);
    return hash;
  }
}
