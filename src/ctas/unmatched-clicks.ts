import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { toIso, type Instant, type Milliseconds } from '../core/instant.js';
import { catalogueRevision } from '../platform/catalogue-revision.js';
import { now } from '../platform/clock.js';
import { query, type Transaction } from '../platform/database.js';
import type { CtaPattern } from './cta-pattern.js';
import { CtaStore } from './cta-store.js';
import { normaliseHref } from './normalise-href.js';
import { shapeOf } from './suggest-pattern.js';

/** Links of one form that no pattern matches. */
export interface UnmatchedLink {
  link: string;
  clicks: number;
  lastAt: string;
  suggestion: CtaPattern;
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

/** So many clicks are looked at, the newest, so that the answer comes soon on any base. */
const MOST_CLICKS = 50_000;

interface LinkRow {
  href: string | null;
  clicks: number;
  last_at: Date;
  [name: string]: unknown;
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
      const rows = await recentLinks(tx, since, until);
      const unmatched = rows.filter((row) => !catalogue.ofClick(row));
      const clicks = sum(rows);
      const links = grouped(unmatched);
      return {
        since: toIso(since),
        clicks,
        unmatched: sum(unmatched),
        withoutLink: sum(unmatched) - sum(links),
        isComplete: clicks < MOST_CLICKS,
        links: links.slice(0, most),
      };
    });
  }
}

/** Each link of the newest clicks once for each message that it stood in. */
function recentLinks(tx: Transaction, since: Instant, until: Instant): Promise<LinkRow[]> {
  return query<LinkRow>(
    tx,
    `SELECT properties->>'href' AS href, properties->>'campaign_id' AS campaign_id,
            properties->>'broadcast_id' AS broadcast_id, properties->>'newsletter_id' AS newsletter_id,
            properties->>'transactional_message_id' AS transactional_message_id,
            properties->>'action_id' AS action_id, properties->>'link_id' AS link_id,
            properties->>'link_tag' AS link_tag, count(*)::int AS clicks, max(occurred_at) AS last_at
       FROM (SELECT occurred_at, properties FROM events
              WHERE name = 'click' AND occurred_at > $1 AND occurred_at <= $2
              ORDER BY occurred_at DESC, id DESC LIMIT $3) AS recent
      GROUP BY 1, 2, 3, 4, 5, 6, 7, 8`,
    [new Date(since), new Date(until), MOST_CLICKS],
  );
}

function sum(rows: readonly { clicks: number }[]): number {
  return rows.reduce((total, row) => total + row.clicks, 0);
}

function grouped(rows: readonly LinkRow[]): UnmatchedLink[] {
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
