import { addDecimals, compareDecimals, parseDecimal, type Decimal } from './decimal.js';
import type { HistoryEvent } from './history-event.js';
import type { Instant } from './instant.js';
import { propertyReader, type Properties } from './property.js';

/** The event that counts as having bought. */
export const PURCHASE = 'purchase';

/** The events that can undo a purchase; whoever needs net purchases needs these, too. */
export const PURCHASE_ENDINGS = ['order_cancelled', 'order_refunded'] as const;

/**
 * From when on each order no longer counts as bought: its cancellation, or the refund with which the refunded amounts
 * reach the order's revenue. By order id; orders that still count are absent.
 */
export function purchaseEnds(named: (eventName: string) => readonly HistoryEvent[]): ReadonlyMap<string, Instant> {
  const ends = new Map<string, Instant>();
  const note = (order: string, at: Instant): void => void ends.set(order, Math.min(at, ends.get(order) ?? Infinity));
  for (const cancelled of named('order_cancelled')) note(orderOf(cancelled), cancelled.occurredAt);

  const revenues = new Map(named(PURCHASE).map((purchase) => [orderOf(purchase), amountOf(purchase, revenueOf)]));
  const refunded = new Map<string, Decimal>();
  for (const refund of named('order_refunded')) {
    const order = orderOf(refund);
    const amount = amountOf(refund, refundOf);
    const revenue = revenues.get(order);
    if (!amount || !revenue) continue;
    const sum = addDecimals(refunded.get(order) ?? ZERO, amount);
    refunded.set(order, sum);
    if (compareDecimals(sum, ZERO) > 0 && compareDecimals(sum, revenue) >= 0) note(order, refund.occurredAt);
  }
  return ends;
}

const ZERO: Decimal = { units: 0n, scale: 0 };

const orderIdOf = propertyReader('order_id');
const revenueOf = propertyReader('revenue');
const refundOf = propertyReader('amount');

/** The order that an event is about. */
export function orderOf(event: HistoryEvent): string {
  return String(orderIdOf(event.properties));
}

function amountOf(event: HistoryEvent, read: (properties: Properties) => unknown): Decimal | undefined {
  return parseDecimal(String(read(event.properties)));
}
