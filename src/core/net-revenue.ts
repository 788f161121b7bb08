import { addDecimals, decimalOf, decimalToString, type Decimal } from './decimal.js';
import type { HistoryEvent, Life } from './history-event.js';
import type { Instant } from './instant.js';
import { isInCurrencyOf, orderOf, PURCHASE } from './net-purchases.js';
import { propertyReader } from './property.js';

/** The property of a purchase that partial refunds lower. */
export const REVENUE = 'revenue';

const revenueOf = propertyReader(REVENUE);
const refundOf = propertyReader('amount');

/** From an instant on, so much of an order has gone back. */
interface Refunded {
  at: Instant;
  sum: Decimal;
}

/**
 * The lives of purchases, each cut where a part of its order was refunded: after that it goes on with what is left of its
 * revenue, exactly. At any instant as many count as before. In order of the instants from which they count; those that end
 * by `since` are left out.
 */
export function netOfRefunds(
  lives: readonly Life[],
  refunds: readonly HistoryEvent[],
  since: Instant,
): readonly Life[] {
  if (lives.length === 0 || refunds.length === 0) return lives;
  const ofOrder = byOrder(refunds);
  return lives
    .flatMap((life) => (life.event.name === PURCHASE ? cut(life, refunded(life.event, ofOrder)) : [life]))
    .filter((life) => life.to > since)
    .sort((a, b) => a.from - b.from);
}

function byOrder(refunds: readonly HistoryEvent[]): ReadonlyMap<string | undefined, readonly HistoryEvent[]> {
  const orders = new Map<string | undefined, HistoryEvent[]>();
  for (const refund of refunds) {
    const order = orderOf(refund);
    if (order === undefined) continue;
    const known = orders.get(order);
    if (known) known.push(refund);
    else orders.set(order, [refund]);
  }
  return orders;
}

/** What went back of a purchase, refund by refund; several at one instant are one. */
function refunded(
  purchase: HistoryEvent,
  ofOrder: ReadonlyMap<string | undefined, readonly HistoryEvent[]>,
): Refunded[] {
  const steps: Refunded[] = [];
  for (const refund of ofOrder.get(orderOf(purchase)) ?? []) {
    const amount = decimalOf(refundOf(refund.properties));
    if (!amount || !isInCurrencyOf(purchase, refund)) continue;
    const last = steps.at(-1);
    const sum = last ? addDecimals(last.sum, amount) : amount;
    if (last?.at === refund.occurredAt) last.sum = sum;
    else steps.push({ at: refund.occurredAt, sum });
  }
  return steps;
}

function cut(life: Life, steps: readonly Refunded[]): Life[] {
  const revenue = decimalOf(revenueOf(life.event.properties));
  if (!revenue || steps.length === 0) return [life];
  const before = steps.filter(({ at }) => at <= life.from);
  const during = steps.filter(({ at }) => at > life.from && at < life.to);
  const starts = [life.from, ...during.map(({ at }) => at)];
  return starts.map((from, index) => {
    const sum = index === 0 ? before.at(-1)?.sum : during[index - 1]!.sum;
    return { event: sum ? withRest(life.event, revenue, sum) : life.event, from, to: starts[index + 1] ?? life.to };
  });
}

function withRest(purchase: HistoryEvent, revenue: Decimal, { units, scale }: Decimal): HistoryEvent {
  const rest = decimalToString(addDecimals(revenue, { units: -units, scale }));
  return { ...purchase, properties: { ...purchase.properties, [REVENUE]: rest } };
}
