import { FURTHEST } from '../core/date.js';
import { decimalToString } from '../core/decimal.js';
import type { HistoryEvent } from '../core/history-event.js';
import { keptPurchases, type KeptPurchase } from '../core/kept-purchases.js';
import { CREDITS } from '../link-reports/credits.js';
import { clicksIn, deliveriesIn, type ReportedClick } from '../link-reports/reported-click.js';
import { WINDOW_NAMES } from '../link-reports/windows.js';
import type { ConversionsHeard } from './outcome-listeners.js';
import type { Outcome } from './outcome.js';

const HOUR = 3_600_000;
const ID = /^[\x21-\x7e]{1,100}$/;

/**
 * The purchases in a classed history that followed a click within the window, each attributed as the reports on links
 * attribute it, with what is left of its revenue by now. Of several that name one order the first.
 */
export function toldConversions(events: readonly HistoryEvent[], heard: ConversionsHeard): Outcome[] {
  const clicks = clicksIn(events, deliveriesIn(events)).filter(({ actor }) => actor !== 'machine');
  if (clicks.length === 0) return [];
  const creditsAt = CREDITS[heard.credit](clicks);
  const step = WINDOW_NAMES.indexOf(heard.window);
  const told = new Map<string, Outcome>();
  for (const purchase of keptPurchases(events, FURTHEST)) {
    const order = orderIdOf(purchase);
    const credit = creditsAt(purchase.at).find(({ cut, from, until }) => cut === 0 && from <= step && step < until);
    if (!credit || told.has(order)) continue;
    const data = dataOf(purchase, credit.click, { order, ...heard });
    const { id: eventId, occurredAt: at } = purchase.event;
    told.set(order, { eventId, at, payload: { kind: 'conversion', occurredAt: at, data } });
  }
  return [...told.values()];
}

/** The shop's own id of the order; where it names none, that of the event. */
function orderIdOf({ event }: KeptPurchase): string {
  const id = event.properties.order_id;
  const text = typeof id === 'number' ? String(id) : id;
  return typeof text === 'string' && ID.test(text) && !text.includes('@') ? text : event.id;
}

function dataOf(
  { at, revenue, currency }: KeptPurchase,
  { occurredAt, place }: ReportedClick,
  { order, window, credit }: ConversionsHeard & { order: string },
): Record<string, string | number> {
  // A link's own parameters are whatever its sender wrote into them, and that may be an address.
  const named = Object.entries(place).filter(
    (one): one is [string, string] => one[1] !== null && !/@|%40/.test(one[1]),
  );
  return {
    transaction_id: order,
    ...(revenue && /^[A-Z]{3}$/.test(currency) && { value: Number(decimalToString(revenue)), currency }),
    ...Object.fromEntries(named),
    attribution: credit,
    attribution_window: window,
    hours_to_purchase: Math.floor((at - occurredAt) / HOUR),
  };
}
