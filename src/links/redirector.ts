import { Injectable } from '@nestjs/common';
import { RecentResults } from '../ctas/recent-results.js';
import { ClickJournal, type RecordedClick } from './click-journal.js';
import { ClickSignals, type RequestSigns } from './click-signals.js';
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
export type Answer = { to: string } | { refused: 'unknown' | 'gone' };

/** So much is kept of who asked. */
export const HASH_LETTERS = 16;
const RECENT = 10_000;

/** A click is judged again when links were changed meanwhile; nobody changes them that often. */
const MOST_TRIES = 10;

/** Leads on who follows a link, and writes the click down before that. */
@Injectable()
export class Redirector {
  private readonly signals = new ClickSignals();
  /** Each by its own text, which is then the key of other lookups, too. */
  private readonly hashes = { address: new RecentResults<string>(RECENT), agent: new RecentResults<string>(RECENT) };

  constructor(
    private readonly keys: LinkKeys,
    private readonly routes: RouteStore,
    private readonly journal: ClickJournal,
  ) {}

  /** Where to. Throws what the database does; then the click is not written down, and nobody is to be led on. */
  async follow(visit: Visit): Promise<Answer> {
    const token = this.keys.tokens.read(visit.token);
    if (!token) return { refused: 'unknown' };
    let route = this.routes.remembered(token);
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      route ??= await this.routes.find(token);
      if (!route || visit.host !== route.domain) return { refused: 'unknown' };
      if (route.state !== 'open') return { refused: route.state };
      const outcome = await this.journal.write({
        ...{ click: this.clickOf(visit, route), revision: route.revision, expiresAt: route.expiresAt },
      });
      if (outcome === 'written') return { to: route.landingUrl };
      if (outcome === 'overtaken') this.routes.forget(route.revision);
      route = undefined;
    }
    throw new Error('links change faster than one can be followed');
  }

  private clickOf(visit: Visit, { link, binding }: Route): RecordedClick {
    const agentHash = this.hashOf('agent', String(visit.headers['user-agent'] ?? ''));
    const addressHash = this.hashOf('address', visit.address);
    return { link, binding, signals: this.signals.of(visit), addressHash, agentHash };
  }

  /** All that is kept of who asked. */
  private hashOf(kind: 'address' | 'agent', text: string): string {
    const known = this.hashes[kind].get(text);
    if (known !== undefined) return known;
    const hash = this.keys.hashText(kind, text, HASH_LETTERS);
    if (text.length <= 500) this.hashes[kind].set(text, hash);
    return hash;
  }
}
