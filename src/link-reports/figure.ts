import { addDecimals, decimalToString, ZERO, type Decimal } from '../core/decimal.js';

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

/** Of what value a figure is, and that as JSON: made once, and used as a key many times. */
export interface KeyedValue {
  value: readonly (string | null)[];
  key: string;
}

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

const PLACE_OF = Object.fromEntries(COUNTS.map((count, place) => [count, place])) as Record<Count, number>;

/** What one figure comes to. */
export class FigureSum {
  private readonly counts: number[] = COUNTS.map(() => 0);
  private revenue = ZERO;

  /** `name` tells its key from every other. */
  constructor(
    private readonly name: string,
    private readonly key: FigureKey,
  ) {}

  add(count: Count, more: number): void {
    this.counts[PLACE_OF[count]]! += more;
  }

  addRevenue(more: Decimal): void {
    this.revenue = addDecimals(this.revenue, more);
  }

  get isNothing(): boolean {
    return this.revenue.units === 0n && this.counts.every((count) => count === 0);
  }

  /** In UTC, as `2026-11`. */
  get month(): string {
    return this.key.day.slice(0, 7);
  }

  /** All that it says: equal for equal figures. */
  get text(): string {
    let text = this.name;
    for (let place = 0; place < COUNTS.length; place++) {
      if (this.counts[place] !== 0) text += ` ${place}:${this.counts[place]}`;
    }
    return this.revenue.units === 0n ? text : `${text} ${decimalToString(this.revenue)}`;
  }

  get figure(): Figure {
    const counted = COUNTS.flatMap((count, place) => (this.counts[place] === 0 ? [] : [[count, this.counts[place]]]));
    const revenue = this.revenue.units === 0n ? {} : { revenue: decimalToString(this.revenue) };
    return { ...this.key, ...(Object.fromEntries(counted) as Partial<Record<Count, number>>), ...revenue };
  }
}

/** Adds figures up by what they are of. */
export class FigureSums {
  private readonly sums = new Map<string, FigureSum>();

  /** Of clicks and of deliveries. */
  ofClicks(cut: string, day: string, { value, key }: KeyedValue): FigureSum {
    const name = `${cut} ${day} ${key}`;
    let sum = this.sums.get(name);
    if (!sum) this.sums.set(name, (sum = new FigureSum(name, { cut, kind: 'clicks', day, value })));
    return sum;
  }

  /** Of what clicks led to, in a window and those that are longer. */
  ofConversions({ cut, kind, day, of, currency }: ConversionPlace, step: number): FigureSum {
    const name = `${kind} ${step} ${currency} ${cut} ${day} ${of.key}`;
    let sum = this.sums.get(name);
    if (!sum) this.sums.set(name, (sum = new FigureSum(name, { cut, kind, day, value: of.value, currency, step })));
    return sum;
  }

  /** Those that are something. */
  all(): FigureSum[] {
    return [...this.sums.values()].filter((sum) => !sum.isNothing);
  }
}

/** What was led to, from where. */
export interface ConversionPlace {
  cut: string;
  kind: string;
  day: string;
  of: KeyedValue;
  currency: string;
}
