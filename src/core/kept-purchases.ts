import { decimalOf, type Decimal } from './decimal.js';
import type { HistoryEvent } from './history-event.js';
import type { Instant } from './instant.js';
import { orderOf, PURCHASE, purchaseEnds } from './net-purchases.js';
import { netOfRefunds, REVENUE } from './net-revenue.js';

/** A purchase that was neither cancelled nor refunded in full, and what is left of it. */
export interface KeptPurchase {
  event: HistoryEvent;
  at: Instant;
  /** Exactly; undefined where its revenue is not known. */
  revenue: Decimal | undefined;
  /** Empty where it names none. */
  currency: string;
}

/**
 * What is left of some purchases as of an instant, from them and all that undoes purchases, in order of time; in order of
 * time as well.
 */
export function keptPurchases(events: readonly HistoryEvent[], asOf: Instant): KeptPurchase[] {
  const ends = purchaseEnds(events);
  const kept = events.filter(
    (event) => event.name === PURCHASE && event.occurredAt <= asOf && !((ends.get(orderOf(event)) ?? Infinity) <= asOf),
  );
  const lives = kept.map((event) => ({ event, from: event.occurredAt, to: Infinity }));
  const refunds = events.filter((event) => event.name === 'order_refunded' && event.occurredAt <= asOf);
  return netOfRefunds(lives, refunds, asOf)
    .map(({ event }) => ({
      event,
      at: event.occurredAt,
      revenue: decimalOf(event.properties[REVENUE]),
      currency: typeof event.properties.currency === 'string' ? event.properties.currency : '',
    }))
    .sort((a, b) => a.at - b.at);
}
