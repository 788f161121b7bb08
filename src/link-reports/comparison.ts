import { addToSum, parseDecimal, type Decimal } from '../core/decimal.js';
import { proportion, stratifiedDifference, type Interval, type Proportion } from '../platform/statistics.js';
import { shownTotals, type ReportRow, type Total } from './report-row.js';

/** The two CTAs that are compared. */
export interface Pair {
  primary: string;
  secondary: string;
}

/** By what they are compared: each the share of something that led to something. */
export const RATES = ['clickRate', 'toCheckout', 'toPurchase'] as const;

export type Rate = (typeof RATES)[number];

/** Figures of one CTA that can be added up over templates and periods. */
interface Side {
  deliveries: number | null;
  clickedDeliveries: number;
  clickDays: number;
  checkoutDays: number;
  purchaseDays: number;
  revenue: Total[];
}

/** Where both are compared under equal conditions: a template in a period. */
interface Cell {
  template: string | null;
  period: string;
  primary: Side;
  secondary: Side;
}

/** One CTA beside the other, and by how much the primary one is ahead; null where nothing is known. */
export interface Compared {
  primary: Side;
  secondary: Side;
  rates: Record<Rate, ComparedRate>;
}

export interface ComparedRate {
  primary: Interval | null;
  secondary: Interval | null;
  difference: Interval | null;
}

export interface Comparison {
  overall: Compared;
  periods: (Compared & { period: string })[];
  templates: (Compared & { template: string | null })[];
  cells: (Compared & { template: string | null; period: string })[];
}

/**
 * Compares two CTAs, from their rows by template and period. What is said over several templates or periods is the
 * difference within each, put together, so that it is not one of where or when they were sent.
 */
export function compare(rows: readonly ReportRow[], pair: Pair): Comparison {
  const cells = cellsOf(rows, pair);
  const by = <K extends 'template' | 'period'>(part: K) =>
    [...new Set(cells.map((cell) => cell[part]))]
      .sort((a, b) => ((a ?? '') < (b ?? '') ? -1 : 1))
      .map(
        (of) => ({ [part]: of, ...compared(cells.filter((cell) => cell[part] === of)) }) as Compared & Pick<Cell, K>,
      );
  return {
    overall: compared(cells),
    periods: by('period'),
    templates: by('template'),
    cells: cells.map((cell) => ({ template: cell.template, period: cell.period, ...compared([cell]) })),
  };
}

function cellsOf(rows: readonly ReportRow[], { primary }: Pair): Cell[] {
  const cells = new Map<string, Cell>();
  for (const row of rows) {
    const { template = null, cta } = row.value;
    const key = JSON.stringify([template, row.period]);
    const cell = cells.get(key) ?? { template, period: row.period, primary: NOTHING, secondary: NOTHING };
    cells.set(key, { ...cell, [cta === primary ? 'primary' : 'secondary']: sideOf(row) });
  }
  return [...cells.values()];
}

const NOTHING: Side = {
  ...{ deliveries: null, clickedDeliveries: 0, clickDays: 0, checkoutDays: 0, purchaseDays: 0 },
  revenue: [],
};

function sideOf({ deliveries, clickedDeliveries, clickDays, checkout, purchase }: ReportRow): Side {
  const [checkoutDays, purchaseDays, revenue] = [checkout.days, purchase.days, purchase.revenue];
  return { deliveries, clickedDeliveries, clickDays, checkoutDays, purchaseDays, revenue };
}

function compared(cells: readonly Cell[]): Compared {
  const primary = cells.map((cell) => cell.primary).reduce(together, NOTHING);
  const secondary = cells.map((cell) => cell.secondary).reduce(together, NOTHING);
  const rateOf = (rate: Rate): ComparedRate => {
    const shareOf = SHARES[rate];
    return {
      primary: proportion(shareOf(primary)),
      secondary: proportion(shareOf(secondary)),
      difference: stratifiedDifference(
        cells.map((cell) => ({ one: shareOf(cell.primary), other: shareOf(cell.secondary) })),
      ),
    };
  };
  const [clickRate, toCheckout, toPurchase] = [rateOf('clickRate'), rateOf('toCheckout'), rateOf('toPurchase')];
  return { primary, secondary, rates: { clickRate, toCheckout, toPurchase } };
}

/** What a rate is a share of. */
export const SHARES: Readonly<Record<Rate, (side: Side) => Proportion>> = {
  // Clicks whose delivery is known, but not of which message, are no share of anything.
  clickRate: ({ clickedDeliveries, deliveries }) => ({
    some: deliveries === null ? 0 : clickedDeliveries,
    all: deliveries ?? 0,
  }),
  toCheckout: ({ checkoutDays, clickDays }) => ({ some: checkoutDays, all: clickDays }),
  toPurchase: ({ purchaseDays, clickDays }) => ({ some: purchaseDays, all: clickDays }),
};

function together(a: Side, b: Side): Side {
  const revenue = new Map<string, Decimal>();
  for (const { currency, total } of [...a.revenue, ...b.revenue]) addToSum(revenue, currency, parseDecimal(total)!);
  return {
    deliveries: a.deliveries === null ? b.deliveries : a.deliveries + (b.deliveries ?? 0),
    clickedDeliveries: a.clickedDeliveries + b.clickedDeliveries,
    clickDays: a.clickDays + b.clickDays,
    checkoutDays: a.checkoutDays + b.checkoutDays,
    purchaseDays: a.purchaseDays + b.purchaseDays,
    revenue: shownTotals(revenue),
  };
}
