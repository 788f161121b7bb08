import { addDecimals, compareDecimals, parseDecimal, ZERO, type Decimal } from './decimal.js';
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

/** By order; what names none has none. */
type Ends = Map<string | undefined, Instant>;

/**
 * From when on each order no longer counts as bought: its cancellation, or the refund with which the refunded amounts
 * reach the order's revenue. By order id; orders that still count are absent.
 */
export function purchaseEnds(events: readonly HistoryEvent[]): ReadonlyMap<string | undefined, Instant> {
  const ends: Ends = new Map();
  const refunds: HistoryEvent[] = [];
  for (const event of events) {
    if (event.name === 'order_cancelled') noteEnd(ends, orderOf(event), event.occurredAt);
    else if (event.name === 'order_refunded') refunds.push(event);
  }
  if (refunds.length > 0) noteRefunds(ends, refunds, events);
  return ends;
}

function noteEnd(ends: Ends, order: string | undefined, at: Instant): void {
  if (order === undefined) return;
  const known = ends.get(order);
  if (known === undefined || at < known) ends.set(order, at);
}

function noteRefunds(ends: Ends, refunds: readonly HistoryEvent[], events: readonly HistoryEvent[]) {
  const purchases = new Map(events.filter(({ name }) => name === PURCHASE).map((one) => [orderOf(one), one]));
  const refunded = new Map<string | undefined, Decimal>();
  for (const refund of refunds) {
    const order = orderOf(refund);
    const purchase = purchases.get(order);
    const amount = amountOf(refund, refundOf);
    const revenue = purchase && amountOf(purchase, revenueOf);
    if (!amount || !revenue || !isInCurrencyOf(purchase, refund)) continue;
    const sum = addDecimals(refunded.get(order) ?? ZERO, amount);
    refunded.set(order, sum);
    if (compareDecimals(sum, ZERO) > 0 && compareDecimals(sum, revenue) >= 0) noteEnd(ends, order, refund.occurredAt);
  }
}

/**
 * Whether a refund is of the money in which its purchase counts: one that names a currency may not name another. What it
 * would be worth in the purchase's, nothing here tells.
 */
export function isInCurrencyOf(purchase: HistoryEvent, refund: HistoryEvent): boolean {
  const [ours, theirs] = [currencyOf(purchase.properties) ?? null, currencyOf(refund.properties) ?? null];
  return ours === null || theirs === null || ours === theirs;
}

const orderIdOf = propertyReader('order_id');
const revenueOf = propertyReader('revenue');
const currencyOf = propertyReader('currency');
const refundOf = propertyReader('amount');

/** The order that an event is about; undefined where it names none, which makes it one with nothing else that names none. */
export function orderOf(event: HistoryEvent): string | undefined {
  const id = orderIdOf(event.properties);
  return (typeof id === 'string' && id !== '') || typeof id === 'number' ? String(id) : undefined;
}

function amountOf(event: HistoryEvent, read: (properties: Properties) => unknown): Decimal | undefined {
  return parseDecimal(String(read(event.properties)));
}
