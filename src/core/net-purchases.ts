import { addDecimals, compareDecimals, parseDecimal, type Decimal } from './decimal.js';
import type { HistoryEvent } from './history-event.js';
import type { Instant } from './instant.js';
import { propertyReader, type Properties } from './property.js';

/** The event that counts as having bought. */
export const PURCHASE = 'purchase';

/** The events that can undo a purchase; whoever needs net purchases needs these, too. */
export const PURCHASE_ENDINGS: readonly string[] = ['order_cancelled', 'order_refunded'];

/** Whether an event can undo a purchase, or a part of it. */
export function canUndo({ name }: Pick<HistoryEvent, 'name'>): boolean {
  return PURCHASE_ENDINGS.includes(name);
}

/**
 * From when on each order no longer counts as bought: its cancellation, or the refund with which the refunded amounts
 * reach the order's revenue. By order id; orders that still count are absent.
 */
export function purchaseEnds(events: readonly HistoryEvent[]): ReadonlyMap<string, Instant> {
  const ends = new Map<string, Instant>();
  const refunds: HistoryEvent[] = [];
  for (const event of events) {
    if (event.name === 'order_cancelled') noteEnd(ends, orderOf(event), event.occurredAt);
    else if (event.name === 'order_refunded') refunds.push(event);
  }
  if (refunds.length > 0) noteRefunds(ends, refunds, events);
  return ends;
}

function noteEnd(ends: Map<string, Instant>, order: string, at: Instant): void {
  const known = ends.get(order);
  if (known === undefined || at < known) ends.set(order, at);
}

function noteRefunds(ends: Map<string, Instant>, refunds: readonly HistoryEvent[], events: readonly HistoryEvent[]) {
  const purchases = events.filter((event) => event.name === PURCHASE);
  const revenues = new Map(purchases.map((purchase) => [orderOf(purchase), amountOf(purchase, revenueOf)]));
  const refunded = new Map<string, Decimal>();
  for (const refund of refunds) {
    const order = orderOf(refund);
    const amount = amountOf(refund, refundOf);
    const revenue = revenues.get(order);
    if (!amount || !revenue) continue;
    const sum = addDecimals(refunded.get(order) ?? ZERO, amount);
    refunded.set(order, sum);
    if (compareDecimals(sum, ZERO) > 0 && compareDecimals(sum, revenue) >= 0) noteEnd(ends, order, refund.occurredAt);
  }
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
