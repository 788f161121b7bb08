import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Instant } from '../core/instant.js';
import { query, type Transaction } from '../platform/database.js';
import { firstVisit, type Afterwards } from './first-visit.js';
import { LinkDriftTally, utmValuesIn, type Comparison, type LinkDriftFinding } from './link-drift-tally.js';
import type { SchemaTimeline } from './schema-timeline.js';
import { SentLinks, type SentLink } from './sent-links.js';
import { UtmSchemaStore } from './utm-schema-store.js';

export interface LinkDriftReport {
  /** Clicks on links of ours of which it is known with which UTM values they came. */
  compared: number;
  /** Those that came with others than the link was made with. */
  differing: number;
  findings: LinkDriftFinding[];
  /** False where there are more different findings than are told. */
  isComplete: boolean;
}

const CLICKS_A_SLICE = 2_000;
const NONE: ReadonlySet<string> = new Set();

/** With which UTM values clicks on links of ours came, beside those that the links were made with. */
@Injectable()
export class LinkDriftReporter {
  constructor(
    private readonly dataSource: DataSource,
    private readonly schemas: UtmSchemaStore,
    private readonly links: SentLinks,
  ) {}

  /** Of clicks in `[from, to)`. */
  report(from: Instant, to: Instant): Promise<LinkDriftReport> {
    return this.dataSource.transaction('REPEATABLE READ', async (tx) => {
      const timeline = await this.schemas.timeline(tx);
      const tally = new LinkDriftTally();
      let after: ClickRow | undefined;
      do {
        const slice: ClickRow[] = await nextClicks(tx, from, to, after);
        for (const one of await this.comparisons(tx, slice, timeline)) tally.add(one);
        after = slice.length === CLICKS_A_SLICE ? slice.at(-1) : undefined;
      } while (after);
      const { compared, differing, untold } = tally;
      return { compared, differing, findings: tally.findings(), isComplete: untold === 0 };
    });
  }

  private async comparisons(
    tx: Transaction,
    rows: readonly ClickRow[],
    timeline: SchemaTimeline,
  ): Promise<Comparison[]> {
    const elsewhere = rows.flatMap(({ is_ours: isOurs, href }) => (isOurs || href === null ? [] : [href]));
    const ids = await this.links.idsIn(tx, elsewhere);
    const idOf = ({ is_ours: isOurs, link, href }: ClickRow) => (isOurs ? link : ids.get(href ?? '')) ?? '';
    const links = await this.links.find(tx, rows.map(idOf));
    return rows.flatMap((row) => {
      const link = links.get(idOf(row));
      const came = link && cameWith(row, link);
      const at = row.occurred_at.getTime();
      const seenIn = row.is_ours ? 'visit' : 'click';
      return came ? [{ link, came, seenIn, at, appended: appendedAt(timeline, at) }] : [];
    });
  }
}

function cameWith({ is_ours: isOurs, href, occurred_at: at, seen }: ClickRow, { landingUrl }: SentLink) {
  return isOurs ? firstVisit(landingUrl, at.getTime(), seen ?? []) : utmValuesIn(href ?? '');
}

function appendedAt(timeline: SchemaTimeline, at: Instant): ReadonlySet<string> {
  const appended = timeline.at(at)?.schema.appended;
  return appended ? new Set(appended) : NONE;
}

interface ClickRow {
  id: string;
  occurred_at: Date;
  /** The click came through our redirector; else it is one that the sending tool tells of. */
  is_ours: boolean;
  link: string | null;
  href: string | null;
  seen: Afterwards[] | null;
}

/** Clicks with what happened within the half hour after them, as long as a visit lasts for Google Analytics. */
function nextClicks(tx: Transaction, from: Instant, to: Instant, after: ClickRow | undefined): Promise<ClickRow[]> {
  return query<ClickRow>(
    tx,
    `SELECT click.id, click.occurred_at, click.source = 'links' AS is_ours, click.properties->>'tracked_link' AS link,
            coalesce(click.properties->>'clicked_href', click.properties->>'href') AS href,
            CASE WHEN click.source = 'links' THEN (
              SELECT jsonb_agg(jsonb_build_object('at', extract(epoch FROM at) * 1000, 'isClick', is_click, 'path', path,
                       'utm', (SELECT jsonb_object_agg(key, value) FROM jsonb_each_text(properties) WHERE key ^@ 'utm_'))
                     ORDER BY at, id)
                FROM (SELECT other.id, other.occurred_at AS at, other.name = 'click' AS is_click, other.properties,
                             coalesce(other.properties->>'landing_site', other.properties->>'page_path',
                                      CASE WHEN other.name = 'page' THEN other.properties->>'path' END) AS path
                        FROM events AS other
                       WHERE other.lane = click.lane AND other.profile_id = click.profile_id AND other.id <> click.id
                         AND other.occurred_at >= click.occurred_at
                         AND other.occurred_at < click.occurred_at + interval '30 minutes'
                         AND (other.name = 'click' AND other.source = 'links'
                              OR other.properties ?| '{landing_site,page_path}'
                              OR other.name = 'page' AND other.properties ? 'path')
                       ORDER BY other.occurred_at, other.id LIMIT 20) AS afterwards) END AS seen
       FROM events AS click
      WHERE click.name = 'click' AND click.occurred_at >= $1 AND click.occurred_at < $2
        AND (click.source = 'links' OR coalesce(click.properties->>'clicked_href', click.properties->>'href') LIKE '%/l/%')
        AND ($3::timestamptz IS NULL OR (click.occurred_at, click.id) > ($3, $4::uuid))
      ORDER BY click.occurred_at, click.id LIMIT $5`,
    [new Date(from), new Date(to), after?.occurred_at ?? null, after?.id ?? null, CLICKS_A_SLICE],
  );
}
