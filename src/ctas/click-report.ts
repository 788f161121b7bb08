import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { HistoryEvent } from '../core/history-event.js';
import { utcDay, type Instant } from '../core/instant.js';
import { catalogueRevision } from '../platform/catalogue-revision.js';
import { query, type Transaction } from '../platform/database.js';
import { CLICK, EVIDENCE_NAMES, type ClickClass } from './click-class.js';
import type { ClickClassifier } from './click-classifier.js';
import { LONGEST_SIGNAL } from './click-class-settings.js';
import { CtaStore } from './cta-store.js';
import { contextOf } from './message-context.js';

export type ClassCounts = Record<ClickClass, number>;

/** Clicks of a day, in UTC, on the links of a message. */
export interface ReportRow extends ClassCounts {
  day: string;
  /** As `campaign_id:7`; null where the click names no message. */
  message: string | null;
}

export interface ClickReport {
  total: ClassCounts;
  /** How many clicks each reason speaks against. */
  reasons: Record<string, number>;
  /** In order of day and message. */
  rows: ReportRow[];
}

const CLICKS_A_SLICE = 2_000;

/**
 * Who clicked in a span of time, by day and message: worked out from the log as rules see it at this moment, slice by slice,
 * so that it is exact whatever was learnt or declared since, and needs no memory for the clicks.
 */
@Injectable()
export class ClickReporter {
  constructor(
    private readonly dataSource: DataSource,
    private readonly ctas: CtaStore,
  ) {}

  /** Of clicks in `[from, to)`. */
  report(from: Instant, to: Instant): Promise<ClickReport> {
    return this.dataSource.transaction('REPEATABLE READ', async (tx) => {
      const classifier = await this.ctas.current(tx, await catalogueRevision(tx));
      const tally = new Tally();
      for await (const click of classedClicks(tx, classifier, from, to)) tally.add(click);
      return tally.report();
    });
  }
}

/** The clicks in `[from, to)`, as rules see them at this moment; slice by slice, and within one in no order. */
export async function* classedClicks(
  tx: Transaction,
  classifier: ClickClassifier,
  from: Instant,
  to: Instant,
): AsyncGenerator<HistoryEvent> {
  let after: SliceClick | undefined;
  do {
    const slice: SliceClick[] = await nextClicks(tx, { from, to, after });
    if (slice.length > 0) yield* await classed(tx, classifier, slice);
    after = slice.length === CLICKS_A_SLICE ? slice.at(-1) : undefined;
  } while (after);
}

interface SliceClick {
  lane: number;
  profile_id: string;
  id: string;
  occurred_at: Date;
}

function nextClicks(
  tx: Transaction,
  { from, to, after }: { from: Instant; to: Instant; after: SliceClick | undefined },
): Promise<SliceClick[]> {
  return query<SliceClick>(
    tx,
    `SELECT lane, profile_id, id, occurred_at FROM events
      WHERE name = 'click' AND occurred_at >= $1 AND occurred_at < $2
        AND ($3::timestamptz IS NULL OR (occurred_at, id) > ($3, $4::uuid))
      ORDER BY occurred_at, id LIMIT $5`,
    [new Date(from), new Date(to), after?.occurred_at ?? null, after?.id ?? null, CLICKS_A_SLICE],
  );
}

/** The clicks of a slice, classed by what happened around them to the same profiles. */
async function classed(
  tx: Transaction,
  classifier: ClickClassifier,
  slice: readonly SliceClick[],
): Promise<HistoryEvent[]> {
  const profiles = [...new Map(slice.map((click) => [click.profile_id, click])).values()];
  const rows = await query<{ profile_id: string; occurred_at: Date } & Omit<HistoryEvent, 'occurredAt'>>(
    tx,
    `SELECT found.profile_id, id, name, occurred_at, properties
       FROM unnest($1::smallint[], $2::bigint[]) AS wanted (lane, profile_id)
      CROSS JOIN LATERAL (
        SELECT * FROM events
         WHERE events.lane = wanted.lane AND events.profile_id = wanted.profile_id AND name = ANY($3::text[])
           AND occurred_at >= $4 AND occurred_at <= $5) AS found`,
    [
      profiles.map((one) => one.lane),
      profiles.map((one) => one.profile_id),
      EVIDENCE_NAMES,
      new Date(slice[0]!.occurred_at.getTime() - LONGEST_SIGNAL),
      new Date(slice.at(-1)!.occurred_at.getTime() + LONGEST_SIGNAL),
    ],
  );
  const byProfile = new Map<string, HistoryEvent[]>();
  for (const { profile_id: profile, occurred_at: at, id, name, properties } of rows) {
    const events = byProfile.get(profile) ?? [];
    byProfile.set(profile, events);
    events.push({ id, name, occurredAt: at.getTime(), properties });
  }
  const wanted = new Set(slice.map(({ id }) => id));
  return [...byProfile.values()].flatMap((events) =>
    classifier.classify(events).filter(({ id, name }) => name === CLICK && wanted.has(id)),
  );
}

class Tally {
  private readonly total = noClicks();
  private readonly reasons = new Map<string, number>();
  private readonly rows = new Map<string, ReportRow>();

  add({ occurredAt, properties }: HistoryEvent): void {
    const actor = properties.actor_class as ClickClass;
    const day = utcDay(occurredAt);
    const message = contextOf(properties).message ?? null;
    const place = `${day} ${message}`;
    const row = this.rows.get(place) ?? { day, message, ...noClicks() };
    this.rows.set(place, row);
    row[actor]++;
    this.total[actor]++;
    for (const reason of (properties.actor_reasons ?? []) as string[]) {
      this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
    }
  }

  report(): ClickReport {
    const inOrder = [...this.rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
    return { total: this.total, reasons: Object.fromEntries([...this.reasons].sort()), rows: inOrder };
  }
}

function noClicks(): ClassCounts {
  return { human: 0, suspect: 0, machine: 0 };
}
