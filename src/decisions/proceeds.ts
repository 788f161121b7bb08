import { addDecimals, decimalOf, type Decimal } from '../core/decimal.js';
import type { HistoryEvent } from '../core/history-event.js';
import type { Instant } from '../core/instant.js';
import { orderOf, PURCHASE, purchaseEnds } from '../core/net-purchases.js';
import { netOfRefunds, REVENUE } from '../core/net-revenue.js';

/** What somebody's purchases came to. */
export interface Proceeds {
  /** Whether a purchase is left that was neither cancelled nor refunded in full. */
  hasBought: boolean;
  /** What is left of them, exactly, by currency; one without a currency is under none (''). */
  revenue: ReadonlyMap<string, Decimal>;
}

/** What is left of some purchases as of an instant, from them and all that undoes purchases, in order of time. */
export function proceedsOf(events: readonly HistoryEvent[], asOf: Instant): Proceeds {
  const ends = purchaseEnds(events);
  const kept = events.filter(
    (event) => event.name === PURCHASE && event.occurredAt <= asOf && !((ends.get(orderOf(event)) ?? Infinity) <= asOf),
  );
  const lives = kept.map((event) => ({ event, from: event.occurredAt, to: Infinity }));
  const refunds = events.filter((event) => event.name === 'order_refunded' && event.occurredAt <= asOf);
  const revenue = new Map<string, Decimal>();
  for (const { event } of netOfRefunds(lives, refunds, asOf)) {
    const amount = decimalOf(event.properties[REVENUE]);
    if (!amount) continue;
    const currency = typeof event.properties.currency === 'string' ? event.properties.currency : '';
    const before = revenue.get(currency);
    revenue.set(currency, before ? addDecimals(before, amount) : amount);
  }
  return { hasBought: kept.length > 0, revenue };
}
