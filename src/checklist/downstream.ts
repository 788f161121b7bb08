import { Injectable } from '@nestjs/common';
import { startOfDay } from '../core/calendar.js';
import { parseDay } from '../core/date.js';
import type { Instant } from '../core/instant.js';
import type { Transaction } from '../platform/database.js';
import { DownstreamStore, type ToldCounts } from './downstream-store.js';
import { dayAndValue, dayIn, HumanClicks, type CountedClicks } from './human-clicks.js';
import type { Comparison, DayCount } from './judge-downstream.js';

const DAY_MS = 86_400_000;

/** Holds what other tools counted against the clicks of the same days. */
@Injectable()
export class Downstream {
  constructor(
    private readonly told: DownstreamStore,
    private readonly clicks: HumanClicks,
  ) {}

  /** Of so many whole days before the one on which `asOf` lies, as far as they were told of. */
  async compare(tx: Transaction, asOf: Instant, days: number): Promise<Comparison[]> {
    const dayBefore = (count: number): string => dayIn('UTC', asOf - count * DAY_MS);
    const told = await this.told.between(tx, dayBefore(days), dayBefore(1));
    if (told.length === 0) return [];
    // Days of all time zones, with room to spare: what lies outside is in no day that was told of.
    const clicks = await this.clicks.count(tx, asOf - (days + 2) * DAY_MS, asOf, told);
    return told.map((one, index) => comparisonOf(one, clicks[index]!, asOf)).filter((one) => one.days.length > 0);
  }
}

/** Only of values that clicks carry: what else leads to a shop is not known here. */
function comparisonOf({ tool, metric, dimension, timeZone, rows }: ToldCounts, clicks: CountedClicks, asOf: Instant) {
  const isOver = (day: string): boolean => startOfDay(timeZone, parseDay(day)! + 1) <= asOf;
  const days = [...new Set(rows.map((row) => row.day))].filter(isOver);
  const counted = new Map(rows.map((row) => [dayAndValue(row.day, row.value), row.count]));
  const carried = new Set([...clicks.keys()].map((key) => (JSON.parse(key) as [string, string])[1]));
  const counts = days.flatMap((day) =>
    [...carried].flatMap((value): DayCount | [] => {
      const key = dayAndValue(day, value);
      const both = { clicks: clicks.get(key) ?? 0, counted: counted.get(key) ?? 0 };
      return both.clicks + both.counted === 0 ? [] : { day, value, ...both };
    }),
  );
  return { tool, metric, dimension, days, counts };
}
