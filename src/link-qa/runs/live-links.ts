import { Injectable } from '@nestjs/common';
import { CtaStore } from '../../ctas/cta-store.js';
import { recentLinks } from '../../ctas/recent-links.js';
import { LinkDomainStore } from '../../links/link-domain-store.js';
import { LinkStore } from '../../links/link-store.js';
import { catalogueRevision } from '../../platform/catalogue-revision.js';
import { now } from '../../platform/clock.js';
import type { Transaction } from '../../platform/database.js';
import { isPersonalLink } from '../personal-link.js';
import { joinPlaces, type QaLink } from '../qa-report.js';

const DAY_MS = 86_400_000;

/** What only one person clicked may be theirs alone. */
const FEWEST_PROFILES = 2;

export const LIVE_DAYS = 30;

/** The most links that one look takes. */
export const MOST_LINKS = 1_000;

export interface LiveQuery {
  /** How far back clicks count, in days. */
  days: number;
  /** Links of these calls to action alone; undefined: of all and of none. */
  ctas?: readonly string[] | undefined;
}

export interface LiveLinks {
  links: QaLink[];
  /** How many there are beyond {@link MOST_LINKS}. */
  leftOut: number;
}

/**
 * The links that readers meet at present: those that at least two people clicked lately, the most clicked first, and where
 * tracked links lead. Never a link that may be one reader's own, nor one of our own domains, since that would be a click.
 */
@Injectable()
export class LiveLinkReader {
  constructor(
    private readonly ctas: CtaStore,
    private readonly links: LinkStore,
    private readonly domains: LinkDomainStore,
  ) {}

  async read(tx: Transaction, { days, ctas }: LiveQuery): Promise<LiveLinks> {
    const own = new Set((await this.domains.list(tx)).map(({ host }) => host));
    const tracked = (await this.links.leading(tx, ctas, MOST_LINKS)).map((link) => linkOf(link.url, link.cta, 'link'));
    const found = [...(await this.clicked(tx, days, ctas)), ...tracked].filter(
      ({ url }) => !isPersonalLink(url) && !own.has(new URL(url).hostname),
    );
    const distinct = joinPlaces(found);
    return { links: distinct.slice(0, MOST_LINKS), leftOut: Math.max(0, distinct.length - MOST_LINKS) };
  }

  private async clicked(tx: Transaction, days: number, ctas: LiveQuery['ctas']): Promise<QaLink[]> {
    const until = await now(tx);
    const catalogue = await this.ctas.catalogue(tx, await catalogueRevision(tx));
    const rows = await recentLinks(tx, { since: until - days * DAY_MS, until, fewestProfiles: FEWEST_PROFILES });
    const byLink = new Map<string, { url: string; cta: string | null; clicks: number }>();
    for (const row of rows) {
      const { href: url, clicks } = row;
      const cta = catalogue.ofClick(row)?.cta ?? null;
      if (url === null || (ctas && !(cta !== null && ctas.includes(cta)))) continue;
      const link = byLink.get(`${cta} ${url}`) ?? { url, cta, clicks: 0 };
      byLink.set(`${cta} ${url}`, link);
      link.clicks += clicks;
    }
    const inOrder = [...byLink.values()].sort((a, b) => b.clicks - a.clicks || (a.url < b.url ? -1 : 1));
    return inOrder.map(({ url, cta }) => linkOf(url, cta, 'clicks'));
  }
}

function linkOf(url: string, cta: string | null, source: 'clicks' | 'link'): QaLink {
  return { url, cta, places: [{ source }] };
}
