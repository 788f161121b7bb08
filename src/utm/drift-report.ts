import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Instant } from '../core/instant.js';
import { contextOf } from '../ctas/message-context.js';
import { query, type Transaction } from '../platform/database.js';
import { DriftTally, type DriftFinding, type LinkClick, type Shape } from './drift-tally.js';
import { SentLinks } from './sent-links.js';
import { UtmSchemaStore } from './utm-schema-store.js';

export interface DriftReport {
  /** All clicks of the span, machines' included: a link is spelled as it is, whoever follows it. */
  clicks: number;
  withoutLink: number;
  notJudged: number;
  /** Clicks on a link with an error. */
  wrong: number;
  /** The versions of the schema that clicks were judged by. */
  versions: number[];
  findings: DriftFinding[];
  /** False where there are more different findings than are told. */
  isComplete: boolean;
  /** The forms that `utm_campaign` has, beside those of a span as long before. */
  campaigns: { hasChanged: boolean; shapes: Shape[] };
}

const CLICKS_A_SLICE = 5_000;

/** From so much of a change on, and so many clicks on each side, the form of campaigns is said to have changed. */
const CHANGED_SHARE = 0.2;
const FEWEST_CLICKS = 20;

/**
 * What links that people clicked say, beside what the schema of then says they should: read from the log, slice by slice. Of
 * a tracked link it is the address that it leads to; what became of that on the way is the other report's.
 */
@Injectable()
export class DriftReporter {
  constructor(
    private readonly dataSource: DataSource,
    private readonly schemas: UtmSchemaStore,
    private readonly links: SentLinks,
  ) {}

  /** Of clicks in `[from, to)`. */
  report(from: Instant, to: Instant): Promise<DriftReport> {
    return this.dataSource.transaction('REPEATABLE READ', async (tx) => {
      const timeline = await this.schemas.timeline(tx);
      const tally = new DriftTally();
      const versions = new Set<number>();
      for await (const click of this.clicksOf(tx, from - (to - from), from))
        tally.addBefore(click, timeline.at(click.at));
      for await (const click of this.clicksOf(tx, from, to)) {
        const version = timeline.at(click.at);
        if (version) versions.add(version.version);
        tally.add(click, version);
      }
      return reportOf(
        tally,
        [...versions].sort((a, b) => a - b),
      );
    });
  }

  private async *clicksOf(tx: Transaction, from: Instant, to: Instant): AsyncGenerator<LinkClick> {
    let after: ClickRow | undefined;
    do {
      const slice: ClickRow[] = await nextClicks(tx, from, to, after);
      const landings = await this.landingsOf(tx, slice);
      for (const row of slice) yield clickOf({ ...row, href: landings.get(row.href ?? '') ?? row.href });
      after = slice.length === CLICKS_A_SLICE ? slice.at(-1) : undefined;
    } while (after);
  }

  /** Where tracked links lead, by the address that was clicked. */
  private async landingsOf(tx: Transaction, rows: readonly ClickRow[]): Promise<Map<string, string>> {
    const ids = await this.links.idsIn(
      tx,
      rows.flatMap(({ href }) => href ?? []),
    );
    const links = await this.links.find(tx, [...ids.values()]);
    return new Map([...ids].flatMap(([href, id]) => (links.has(id) ? [[href, links.get(id)!.landingUrl]] : [])));
  }
}

function reportOf(tally: DriftTally, versions: number[]): DriftReport {
  const { clicks, withoutLink, notJudged, wrong, untold } = tally;
  const shapes = tally.campaignShapes();
  const changed = formatChanged(shapes);
  const findings = [...(changed ? [changed] : []), ...tally.findings()];
  return {
    ...{ clicks, withoutLink, notJudged, wrong, versions, findings, isComplete: untold === 0 },
    campaigns: { hasChanged: changed !== undefined, shapes },
  };
}

/** Of the form whose share grew most, if it grew by enough. */
function formatChanged(shapes: readonly Shape[]): DriftFinding | undefined {
  const total = (when: 'before' | 'after') => shapes.reduce((sum, shape) => sum + shape[when], 0);
  if (total('before') < FEWEST_CLICKS || total('after') < FEWEST_CLICKS) return undefined;
  const growth = (shape: Shape) => shape.shareAfter - shape.shareBefore;
  const [grown] = [...shapes].sort((a, b) => growth(b) - growth(a));
  const [usual] = [...shapes].sort((a, b) => b.shareBefore - a.shareBefore);
  if (!grown || !usual || grown.firstAt === null || growth(grown) < CHANGED_SHARE) return undefined;
  const percent = (part: number) => `${Math.round(part * 100)} %`;
  return {
    ...{ kind: 'format-changed', severity: 'warning', key: 'utm_campaign', value: grown.example },
    detail:
      `campaigns of the form "${grown.shape}" have ${percent(grown.shareAfter)} of the clicks, ` +
      `${percent(grown.shareBefore)} before`,
    expected: `the usual form, "${usual.shape}", such as "${usual.example}"`,
    ...{
      suggestion: null,
      clicks: grown.after,
      firstAt: grown.firstAt,
      lastAt: grown.firstAt,
      channels: [],
      examples: [],
    },
  };
}

interface ClickRow {
  id: string;
  occurred_at: Date;
  href: string | null;
  channel: string | null;
  delivery_id: string | null;
  [name: string]: unknown;
}

function clickOf(row: ClickRow): LinkClick {
  const { href, channel, delivery_id: delivery, occurred_at: at } = row;
  const { message = null } = contextOf({
    campaign_id: row['campaign_id'],
    broadcast_id: row['broadcast_id'],
    newsletter_id: row['newsletter_id'],
    transactional_message_id: row['transactional_message_id'],
  });
  return { href, channel, message, isDelivered: delivery !== null, at: at.getTime() };
}

function nextClicks(tx: Transaction, from: Instant, to: Instant, after: ClickRow | undefined): Promise<ClickRow[]> {
  return query<ClickRow>(
    tx,
    `SELECT id, occurred_at, properties->>'href' AS href, properties->>'channel' AS channel,
            properties->>'delivery_id' AS delivery_id, properties->>'campaign_id' AS campaign_id,
            properties->>'broadcast_id' AS broadcast_id, properties->>'newsletter_id' AS newsletter_id,
            properties->>'transactional_message_id' AS transactional_message_id
       FROM events
      WHERE name = 'click' AND occurred_at >= $1 AND occurred_at < $2
        AND ($3::timestamptz IS NULL OR (occurred_at, id) > ($3, $4::uuid))
      ORDER BY occurred_at, id LIMIT $5`,
    [new Date(from), new Date(to), after?.occurred_at ?? null, after?.id ?? null, CLICKS_A_SLICE],
  );
}
