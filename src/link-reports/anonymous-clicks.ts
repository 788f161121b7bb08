import { Injectable } from '@nestjs/common';
import type { HistoryEvent } from '../core/history-event.js';
import { CLICK, type ClickClass } from '../ctas/click-class.js';
import { CtaStore } from '../ctas/cta-store.js';
import { catalogueRevision } from '../platform/catalogue-revision.js';
import { query, type Transaction } from '../platform/database.js';
import { CUTS } from './cuts.js';
import type { ReportQuestion } from './report-question.js';
import { clicksIn, type ReportedClick } from './reported-click.js';

export type ClickCounts = Record<ClickClass, number>;

export const NO_CLICKS: Readonly<ClickCounts> = { human: 0, suspect: 0, machine: 0 };

/** Those of one value in a period. */
interface CountedValue {
  value: readonly (string | null)[];
  period: string;
  counts: ClickCounts;
}

interface KeptRow {
  link_id: string;
  period: string;
  signals: string;
  clicks: string;
}

/** Counts clicks of nobody known, which the redirector saw, as reports count those of people. */
@Injectable()
export class AnonymousClicks {
  constructor(private readonly ctas: CtaStore) {}

  /** Of some whole periods. What a link's clicks are is asked of the catalogue as it is now. */
  async count(tx: Transaction, question: ReportQuestion, some: { from: string; to: string }): Promise<AnonymousCounts> {
    const { cut, only, period } = question;
    const links = only.get('link') ?? null;
    const rows = await query<KeptRow>(
      tx,
      `SELECT link_id, date_trunc('${period}', day::timestamp)::date::text AS period, signals, sum(clicks) AS clicks
         FROM anonymous_click_days
        WHERE day >= $1::date AND day < $2::date AND ($3::text[] IS NULL OR link_id = ANY($3)) GROUP BY 1, 2, 3`,
      [some.from, some.to, links],
    );
    const seen = await this.seen(tx, rows);
    const counts = new AnonymousCounts();
    for (const row of rows) {
      const click = seen.get(kindOf(row));
      if (!click) continue;
      const isWanted = [...only].every(([dimension, values]) => values.includes(click.place[dimension] ?? ''));
      if (isWanted) counts.add(click.values[CUTS.indexOf(cut)]!, row.period, click.actor, Number(row.clicks));
    }
    return counts;
  }

  /** What clicks on each link are, by the signals that they came with: one of each is looked at. */
  private async seen(tx: Transaction, rows: readonly KeptRow[]): Promise<ReadonlyMap<string, ReportedClick>> {
    const kinds = new Map(rows.map((row) => [kindOf(row), row]));
    const ids = [...new Set(rows.map((row) => row.link_id))];
    const properties = new Map<string, Record<string, unknown>>();
    if (ids.length > 0) {
      const found = await query<{ id: string; properties: Record<string, unknown> }>(
        tx,
        `SELECT asked.id, newest.properties FROM unnest($1::text[]) AS asked (id) CROSS JOIN LATERAL
           (SELECT properties FROM anonymous_clicks WHERE link_id = asked.id ORDER BY occurred_at DESC LIMIT 1) AS newest`,
        [ids],
      );
      for (const one of found) properties.set(one.id, one.properties);
    }
    const classifier = await this.ctas.current(tx, await catalogueRevision(tx));
    const seen = new Map<string, ReportedClick>();
    for (const [kind, { link_id, signals }] of kinds) {
      const { actor_signals: _, ...own } = properties.get(link_id) ?? {};
      const actor_signals = signals === '' ? undefined : (JSON.parse(signals) as unknown);
      const event: HistoryEvent = { id: kind, name: CLICK, occurredAt: 0, properties: { ...own, actor_signals } };
      // Each by itself: of nobody known nothing is told that happened around it.
      seen.set(kind, clicksIn(classifier.classify([event]), new Map())[0]!);
    }
    return seen;
  }
}

function kindOf({ link_id, signals }: KeptRow): string {
  return `${link_id} ${signals}`;
}

/** Counted clicks, to be taken by those who have a row for the same value and period; the rest is left. */
export class AnonymousCounts {
  private readonly byPlace = new Map<string, CountedValue>();

  add({ value, key }: ReportedClick['values'][number], period: string, actor: ClickClass, clicks: number): void {
    const place = placeOf(period, key);
    const known = this.byPlace.get(place);
    const counted = known ?? { value, period, counts: { ...NO_CLICKS } };
    if (!known) this.byPlace.set(place, counted);
    counted.counts[actor] += clicks;
  }

  take(period: string, value: readonly (string | null)[]): ClickCounts {
    const place = placeOf(period, JSON.stringify(value));
    const counts = this.byPlace.get(place)?.counts ?? { ...NO_CLICKS };
    this.byPlace.delete(place);
    return counts;
  }

  /** What nobody has taken of the periods before one, or of all: in order of period, the most clicked first. */
  takeBefore(period?: string): CountedValue[] {
    const left = [...this.byPlace].filter(([, one]) => period === undefined || one.period < period);
    for (const [place] of left) this.byPlace.delete(place);
    const all = ({ counts }: CountedValue): number => counts.human + counts.suspect + counts.machine;
    return left
      .map(([, one]) => one)
      .sort((a, b) => (a.period < b.period ? -1 : a.period > b.period ? 1 : all(b) - all(a)));
  }
}

function placeOf(period: string, key: string): string {
  return `${period} ${key}`;
}
