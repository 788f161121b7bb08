import { Injectable } from '@nestjs/common';
import { periodOf } from '../core/calendar.js';
import type { HistoryEvent } from '../core/history-event.js';
import { utcDay, type Instant } from '../core/instant.js';
import { CLICK } from '../ctas/click-class.js';
import type { ClickClassifier } from '../ctas/click-classifier.js';
import { classedClicks } from '../ctas/click-report.js';
import { CtaStore } from '../ctas/cta-store.js';
import { catalogueRevision } from '../platform/catalogue-revision.js';
import { query, type Transaction } from '../platform/database.js';
import type { Dimension } from './judge-downstream.js';
import { valueOf } from './read-counts.js';

const DAY_MS = 86_400_000;
const CLICKS_A_SLICE = 5_000;

/** How clicks are to be counted. */
export interface ClickCount {
  dimension: Dimension;
  timeZone: string;
}

/** Clicks of people by day and value, as JSON of the two. */
export type CountedClicks = Map<string, number>;

export function dayAndValue(day: string, value: string): string {
  return JSON.stringify([day, value]);
}

/** The day of a time zone in which an instant lies, as 2026-11-24. */
export function dayIn(timeZone: string, at: Instant): string {
  return utcDay(periodOf('day', timeZone, at) * DAY_MS);
}

/** Counts clicks of people as rules see them, those of nobody known included; what a machine followed is no session. */
@Injectable()
export class HumanClicks {
  constructor(private readonly ctas: CtaStore) {}

  /** Of clicks in `[from, to)`, once for each way to count, in one reading. */
  async count(tx: Transaction, from: Instant, to: Instant, ways: readonly ClickCount[]): Promise<CountedClicks[]> {
    const counted = ways.map((): CountedClicks => new Map());
    const classifier = await this.ctas.current(tx, await catalogueRevision(tx));
    const add = (click: HistoryEvent): void => {
      if (click.properties.actor_class === 'machine') return;
      ways.forEach(({ dimension, timeZone }, index) => {
        const value = valueOfClick(click, dimension);
        if (value === '') return;
        const key = dayAndValue(dayIn(timeZone, click.occurredAt), value);
        counted[index]!.set(key, (counted[index]!.get(key) ?? 0) + 1);
      });
    };
    // What the sending tool tells of an open link was followed through the redirector, too, where it is one of nobody known.
    for await (const click of classedClicks(tx, classifier, from, to)) {
      if (click.properties['clicked_href'] === undefined) add(click);
    }
    for await (const click of anonymousClicks(tx, classifier, from, to)) add(click);
    return counted;
  }
}

function valueOfClick({ properties }: HistoryEvent, dimension: Dimension): string {
  const value = dimension === 'landing' ? properties.href : properties[dimension];
  return typeof value === 'string' ? valueOf(value, dimension) : '';
}

/** Each stands alone: of nobody known nothing is told that happened around it. */
async function* anonymousClicks(
  tx: Transaction,
  classifier: ClickClassifier,
  from: Instant,
  to: Instant,
): AsyncGenerator<HistoryEvent> {
  let after: AnonymousRow | undefined;
  do {
    const slice: AnonymousRow[] = await query<AnonymousRow>(
      tx,
      `SELECT occurred_at, id, properties FROM anonymous_clicks
        WHERE occurred_at >= $1 AND occurred_at < $2
          AND ($3::timestamptz IS NULL OR (occurred_at, id) > ($3, $4::uuid))
        ORDER BY occurred_at, id LIMIT $5`,
      [new Date(from), new Date(to), after?.occurred_at ?? null, after?.id ?? null, CLICKS_A_SLICE],
    );
    yield* classifier.classify(
      slice.map(({ id, occurred_at: at, properties }) => ({ id, name: CLICK, occurredAt: at.getTime(), properties })),
    );
    after = slice.length === CLICKS_A_SLICE ? slice.at(-1) : undefined;
  } while (after);
}

interface AnonymousRow {
  occurred_at: Date;
  id: string;
  properties: HistoryEvent['properties'];
}
