import { Injectable } from '@nestjs/common';
import type { Instant } from '../core/instant.js';
import { CtaStore } from '../ctas/cta-store.js';
import { recentLinks } from '../ctas/recent-links.js';
import { CtaNeeds } from '../journeys/cta-needs.js';
import { LIVE_DAYS, LiveLinkReader } from '../link-qa/runs/live-links.js';
import { LinkRunStore } from '../link-qa/runs/run-store.js';
import { alignmentOf } from '../links/hosts.js';
import { LinkDomainStore } from '../links/link-domain-store.js';
import { LinkStore } from '../links/link-store.js';
import { catalogueRevision } from '../platform/catalogue-revision.js';
import type { Transaction } from '../platform/database.js';
import type { ChecklistLine } from './checklist-line.js';
import { judgeCta, type CtaFact } from './judge-ctas.js';
import { judgeDomains } from './judge-domains.js';
import { judgeLinks } from './judge-links.js';

const DAY_MS = 86_400_000;

type Named = Pick<CtaFact, 'key' | 'kind'>;

/** What the checklist asks of links: under which domains, for which calls to action, and where they lead. */
@Injectable()
export class LinkQuestions {
  constructor(
    private readonly domains: LinkDomainStore,
    private readonly ctas: CtaStore,
    private readonly needs: CtaNeeds,
    private readonly links: LinkStore,
    private readonly live: LiveLinkReader,
    private readonly runs: LinkRunStore,
  ) {}

  async domainLine(tx: Transaction): Promise<ChecklistLine> {
    const domains = await this.domains.list(tx);
    return judgeDomains(
      domains.map(({ host, sendingDomain }) => {
        const isAligned = sendingDomain !== null && alignmentOf(host, sendingDomain).isAligned;
        return { host, sendingDomain, isAligned };
      }),
    );
  }

  async ctaLines(tx: Transaction, asOf: Instant, coreCtas: readonly string[]): Promise<ChecklistLine[]> {
    const isCore = ({ key, kind }: Named): boolean => coreCtas.some((core) => core === key || core === kind);
    const facts = await this.ctaFacts(tx, asOf, (await this.ctas.list(tx)).filter(isCore));
    return coreCtas.map((core) => judgeCta(core, facts, LIVE_DAYS));
  }

  async linkLine(tx: Transaction, asOf: Instant): Promise<ChecklistLine> {
    const urls = (await this.live.read(tx, { days: LIVE_DAYS })).links.map(({ url }) => url);
    const latest = await this.runs.latest(tx, urls);
    const facts = [...new Set(urls)].map((url) => {
      const check = latest.get(url);
      return { url, latest: check ? { ...check, checkedAt: check.checkedAt.getTime() } : null };
    });
    return judgeLinks(facts, asOf);
  }

  private async ctaFacts(tx: Transaction, asOf: Instant, ctas: readonly Named[]): Promise<CtaFact[]> {
    const catalogue = await this.ctas.catalogue(tx, await catalogueRevision(tx));
    const clicks = new Map<string, number>();
    for (const row of await recentLinks(tx, { since: asOf - LIVE_DAYS * DAY_MS, until: asOf })) {
      const cta = catalogue.ofClick(row)?.cta;
      if (cta !== undefined) clicks.set(cta, (clicks.get(cta) ?? 0) + row.clicks);
    }
    const facts: CtaFact[] = [];
    for (const { key, kind } of ctas) {
      const [links, neededBy] = [await this.links.liveOf(tx, key), await this.needs.of(tx, key)];
      facts.push({ key, kind, clicks: clicks.get(key) ?? 0, links, neededBy });
    }
    return facts;
  }
}
