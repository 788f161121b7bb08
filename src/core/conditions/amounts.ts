import { addDecimals, compareDecimals, decimalOf, multiplyDecimals, ZERO, type Decimal } from '../decimal.js';
import type { HistoryEvent, Life } from '../history-event.js';
import { propertyReader } from '../property.js';
import type { Aggregate } from '../rule.js';
import { subtractDecimals } from './bounds.js';

/** An amount in the aggregate's currency, or the currency in which it can't be reckoned. */
export type ReadAmount = (
  event: HistoryEvent,
) => { amount: Decimal; currency: string } | { unconvertible: string } | undefined;

const currencyOf = propertyReader('currency');

/** Undefined for what is no number. Amounts of one currency, whichever it is, may be reckoned together. */
export function amountReader({ property, currency, rates = {} }: Aggregate): ReadAmount {
  const read = propertyReader(property);
  const worth = new Map(Object.entries(rates).map(([other, rate]) => [other, decimalOf(rate)!]));
  return ({ properties }) => {
    const amount = decimalOf(read(properties));
    if (!amount) return undefined;
    if (currency === null) return { amount, currency: '' };
    const own = currencyOf(properties);
    if (currency === undefined) return { amount, currency: JSON.stringify(own) ?? '' };
    if (own === currency) return { amount, currency };
    const rate = typeof own === 'string' ? worth.get(own) : undefined;
    return rate
      ? { amount: multiplyDecimals(amount, rate), currency }
      : { unconvertible: JSON.stringify(own) ?? 'none' };
  };
}

/** The amounts of the events that count at an instant. */
export class Amounts {
  sum = ZERO;
  number = 0;
  negative = 0;
  private unconvertible = 0;
  private readonly currencies = new Map<string, number>();
  private readonly counting = new Map<Life, ReturnType<ReadAmount>>();
  /** In order of size, where it matters. */
  private readonly bySize: Decimal[] = [];

  constructor(
    private readonly read: ReadAmount,
    private readonly extremesMatter: boolean,
  ) {}

  enter(life: Life): void {
    const read = this.read(life.event);
    this.counting.set(life, read);
    this.count(read, 1);
    if (this.extremesMatter && read && 'amount' in read) this.bySize.splice(this.placeOf(read.amount), 0, read.amount);
  }

  leave(life: Life): void {
    const read = this.counting.get(life);
    this.counting.delete(life);
    this.count(read, -1);
    if (this.extremesMatter && read && 'amount' in read) this.bySize.splice(this.placeOf(read.amount), 1);
  }

  get least(): Decimal | undefined {
    return this.bySize[0];
  }

  get largest(): Decimal | undefined {
    return this.bySize.at(-1);
  }

  areMixed(): boolean {
    return this.unconvertible > 0 || this.currencies.size > 1;
  }

  private count(read: ReturnType<ReadAmount>, by: 1 | -1): void {
    if (!read) return;
    if ('unconvertible' in read) {
      this.unconvertible += by;
      return;
    }
    const { amount, currency } = read;
    this.number += by;
    this.sum = by === 1 ? addDecimals(this.sum, amount) : subtractDecimals(this.sum, amount);
    if (amount.units < 0n) this.negative += by;
    const sharing = (this.currencies.get(currency) ?? 0) + by;
    if (sharing === 0) this.currencies.delete(currency);
    else this.currencies.set(currency, sharing);
  }

  /** That of the first that is no less: its own, or one as large. */
  private placeOf(amount: Decimal): number {
    let low = 0;
    let high = this.bySize.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareDecimals(this.bySize[middle]!, amount) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
