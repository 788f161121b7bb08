import { addDecimals, decimalToString, type Decimal } from '../core/decimal.js';

/** What is counted. Of each, a report adds up what it needs; there is nothing that can't be taken away again. */
export const COUNTS = [
  ...(['human', 'suspect', 'machine'] as const),
  /** People a day, and those of them who are the first time there in the week, in the month. */
  ...(['clickers', 'week_clickers', 'month_clickers'] as const),
  /** Messages delivered, and those of them of which something was clicked. */
  ...(['deliveries', 'clicked'] as const),
  /** What clicks led to; days of clicks of people that led to it; how long it took, summed up, in milliseconds. */
  ...(['conversions', 'days', 'lag_ms'] as const),
] as const;

export type Count = (typeof COUNTS)[number];

/** What a figure is of. */
export interface FigureKey {
  /** How clicks are told apart. */
  cut: string;
  /** `clicks`, or what they led to and who of several is credited with it, such as `purchase.last`. */
  kind: string;
  /** In UTC, as `2026-11-28`. */
  day: string;
  value: readonly (string | null)[];
  /** From which window on it holds; what a window shows is the sum up to its step. */
  step?: number;
  /** Of what clicks led to. */
  currency?: string;
}

/** A figure, without what is nothing. Revenue is exact. */
export type Figure = FigureKey & Partial<Record<Count, number>> & { revenue?: string };

interface Sum {
  key: FigureKey;
  counts: Map<Count, number>;
  revenue: Decimal;
}

/** Adds figures up by what they are of. */
export class FigureSums {
  private readonly sums = new Map<string, Sum>();

  /** `valueKey` is the value as JSON, which is made once and used many times. */
  add(key: FigureKey, valueKey: string, counts: Partial<Record<Count, number>>, revenue?: Decimal): void {
    const sum = this.of(key, valueKey);
    for (const [count, more] of Object.entries(counts) as [Count, number][]) {
      sum.counts.set(count, (sum.counts.get(count) ?? 0) + more);
    }
    if (revenue) sum.revenue = addDecimals(sum.revenue, revenue);
  }

  /** Those that are something. */
  figures(): Figure[] {
    return [...this.sums.values()].flatMap(({ key, counts, revenue }) => {
      const kept = [...counts].filter(([, count]) => count !== 0);
      if (kept.length === 0 && revenue.units === 0n) return [];
      const more = revenue.units === 0n ? {} : { revenue: decimalToString(revenue) };
      return [{ ...key, ...(Object.fromEntries(kept) as Partial<Record<Count, number>>), ...more }];
    });
  }

  private of(key: FigureKey, valueKey: string): Sum {
    const { cut, kind, day, step = 0, currency = '' } = key;
    const name = `${cut} ${kind} ${day} ${step} ${valueKey} ${currency}`;
    let sum = this.sums.get(name);
    if (!sum) this.sums.set(name, (sum = { key, counts: new Map(), revenue: { units: 0n, scale: 0 } }));
    return sum;
  }
}
