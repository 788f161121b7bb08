import { addToSum, decimalToString, parseDecimal, type Decimal } from '../core/decimal.js';
import { proportion } from '../platform/statistics.js';
import type { Dimension } from './cuts.js';
import type { ReportQuestion } from './report-question.js';
import type { CountedRow } from './report-query.js';
import { WINDOW_NAMES } from './windows.js';

/** A line of a report as it is shown. */
export type ReportRow = ReturnType<typeof reportRow>;

/** What a report says of a value in a period, with 95% intervals of its rates. */
export function reportRow(
  { cut: { dimensions }, attribution }: Pick<ReportQuestion, 'cut' | 'attribution'>,
  row: CountedRow,
) {
  const [clicked, clickDays] = [Number(row.clicked), Number(row.click_days)];
  const deliveries = row.deliveries === null ? null : Number(row.deliveries);
  const purchases = row.purchases ?? [];
  const count = purchases.reduce((sum, [, , more]) => sum + more, 0);
  const toGoal = (days: string) => ({ days: Number(days), rate: proportion({ some: Number(days), all: clickDays }) });
  return {
    value: Object.fromEntries(dimensions.map((one, index) => [one, row.value[index] ?? null])) as Partial<
      Record<Dimension, string | null>
    >,
    period: row.period,
    clicks: { human: Number(row.human), suspect: Number(row.suspect), machine: Number(row.machine) },
    anonymous: row.anonymous,
    clickers: Number(row.clickers),
    deliveries,
    clickedDeliveries: clicked,
    clickRate: deliveries === null ? null : proportion({ some: clicked, all: deliveries }),
    clickDays,
    checkout: { count: Number(row.checkouts), ...toGoal(row.checkout_days) },
    purchase: {
      count,
      ...toGoal(row.purchase_days),
      revenue: revenueOf(purchases),
      meanTimeMs: count === 0 ? null : Math.round(Number(row.lag_ms) / count),
      // Which click is the first depends on the window: what shorter ones hold says nothing of a longer one.
      halfWithin: attribution === 'first' ? null : halfWithin(purchases, count),
    },
  };
}

type Purchases = NonNullable<CountedRow['purchases']>;

/** What is left of the purchases of a currency, exactly. */
export interface Total {
  currency: string;
  total: string;
}

function revenueOf(purchases: Purchases): Total[] {
  const totals = new Map<string, Decimal>();
  for (const [, currency, , revenue] of purchases) addToSum(totals, currency, parseDecimal(revenue)!);
  return shownTotals(totals);
}

/** By currency, in order of it; what is nothing is left out. */
export function shownTotals(totals: ReadonlyMap<string, Decimal>): Total[] {
  return [...totals]
    .filter(([, { units }]) => units !== 0n)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, total]) => ({ currency, total: decimalToString(total) }));
}

/** The shortest window that holds at least half of the purchases. */
function halfWithin(purchases: Purchases, count: number): string | null {
  let sum = 0;
  const half = purchases.find(([, , more]) => (sum += more) * 2 >= count);
  return count > 0 && half ? WINDOW_NAMES[half[0]]! : null;
}
