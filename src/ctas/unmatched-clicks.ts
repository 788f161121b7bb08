import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { toIso, type Milliseconds } from '../core/instant.js';
import { catalogueRevision } from '../platform/catalogue-revision.js';
import { now } from '../platform/clock.js';
import type { CtaPattern } from './cta-pattern.js';
import { CtaStore } from './cta-store.js';
import { normaliseHref } from './normalise-href.js';
import { MOST_RECENT_CLICKS, recentLinks, type RecentLink } from './recent-links.js';
import { shapeOf } from './suggest-pattern.js';

/** Links of one form that no pattern matches. */
export interface UnmatchedLink {
  link: string;
  clicks: number;
  lastAt: string;
  suggestion: CtaPattern | null;
}

export interface UnmatchedClicks {
  since: string;
  /** Clicks looked at, and how many of them no pattern matches, or have no link at all. */
  clicks: number;
  unmatched: number;
  withoutLink: number;
  /** False where there were more clicks than are looked at: then these are the newest. */
  isComplete: boolean;
  /** The most frequent first. */
  links: UnmatchedLink[];
}

/** Which links people click that the catalogue knows nothing of. */
@Injectable()
export class UnmatchedReader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly ctas: CtaStore,
  ) {}

  async read(span: Milliseconds, most: number): Promise<UnmatchedClicks> {
    return this.dataSource.transaction(async (tx) => {
      const until = await now(tx);
      const since = until - span;
      const catalogue = await this.ctas.catalogue(tx, await catalogueRevision(tx));
      const rows = await recentLinks(tx, { since, until });
      const unmatched = rows.filter((row) => !catalogue.ofClick(row));
      const clicks = sum(rows);
      const links = grouped(unmatched);
      return {
        since: toIso(since),
        clicks,
        unmatched: sum(unmatched),
        withoutLink: sum(unmatched) - sum(links),
        isComplete: clicks < MOST_RECENT_CLICKS,
        links: links.slice(0, most),
      };
    });
  }
}

function sum(rows: readonly { clicks: number }[]): number {
  return rows.reduce((total, row) => total + row.clicks, 0);
}

function grouped(rows: readonly RecentLink[]): UnmatchedLink[] {
  const byShape = new Map<string, UnmatchedLink>();
  for (const { href, clicks, last_at } of rows) {
    const link = href === null ? undefined : normaliseHref(href);
    if (!link) continue;
    const { shape, pattern } = shapeOf(link);
    const lastAt = toIso(last_at.getTime());
    const known = byShape.get(shape) ?? { link: shape, clicks: 0, lastAt, suggestion: pattern };
    byShape.set(shape, known);
    known.clicks += clicks;
    if (lastAt > known.lastAt) known.lastAt = lastAt;
  }
  return [...byShape.values()].sort((a, b) => b.clicks - a.clicks || (a.link < b.link ? -1 : 1));
}
