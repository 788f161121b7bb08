import { addDecimals, compareDecimals, parseDecimal, type Decimal } from './decimal.js';
import type { HistoryEvent } from './history-event.js';
import type { Instant } from './instant.js';
import { readProperty } from './property.js';

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

  const revenues = new Map(named(PURCHASE).map((purchase) => [orderOf(purchase), decimalOf(purchase, 'revenue')]));
  const refunded = new Map<string, Decimal>();
  for (const refund of named('order_refunded')) {
    const order = orderOf(refund);
    const amount = decimalOf(refund, 'amount');
    const revenue = revenues.get(order);
    if (!amount || !revenue) continue;
    const sum = addDecimals(refunded.get(order) ?? ZERO, amount);
    refunded.set(order, sum);
    if (compareDecimals(sum, ZERO) > 0 && compareDecimals(sum, revenue) >= 0) note(order, refund.occurredAt);
  }
  return ends;
}

const ZERO: Decimal = { units: 0n, scale: 0 };

function orderOf(event: HistoryEvent): string {
  return String(readProperty(event.properties, 'order_id'));
}

function decimalOf(event: HistoryEvent, property: string): Decimal | undefined {
  return parseDecimal(String(readProperty(event.properties, property)));
}
