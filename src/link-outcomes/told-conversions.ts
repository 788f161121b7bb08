import { FURTHEST } from '../core/date.js';
import { addDecimals, decimalToString, type Decimal } from '../core/decimal.js';
import type { HistoryEvent } from '../core/history-event.js';
import type { Instant } from '../core/instant.js';
import { keptPurchases, type KeptPurchase } from '../core/kept-purchases.js';
import { canUndo, orderOf } from '../core/net-purchases.js';
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
  const clickBefore = creditedClicks(events, heard);
  const told = new Map<string, Outcome>();
  for (const purchase of keptPurchases(events, FURTHEST)) {
    const order = orderIdOf(purchase);
    const click = clickBefore(purchase.at);
    if (!click || told.has(order)) continue;
    const { id: eventId, occurredAt: at } = purchase.event;
    const payload = { kind: 'conversion' as const, occurredAt: at, data: dataOf(purchase, click, heard) };
    told.set(order, { eventId, at, payload, includes: undoings(events, purchase).map(({ id }) => id) });
  }
  return [...told.values()];
}

/**
 * What was taken back of purchases that a destination was told of, since it was told: of each purchase as much as its
 * revenue fell, at the instant of the last event that undid some of it. `told` are the ids of events told of or included.
 */
export function toldRefunds(
  events: readonly HistoryEvent[],
  heard: ConversionsHeard,
  told: ReadonlySet<string>,
): Outcome[] {
  const asTold = events.filter((event) => !canUndo(event) || told.has(event.id));
  if (asTold.length === events.length) return [];
  const left = new Map(keptPurchases(events, FURTHEST).map((one) => [one.event.id, one]));
  const clickBefore = creditedClicks(events, heard);
  return keptPurchases(asTold, FURTHEST).flatMap((purchase): Outcome[] => {
    const news = undoings(events, purchase).filter(({ id }) => !told.has(id));
    const last = news.at(-1);
    if (!last || !told.has(purchase.event.id)) return [];
    const rest = left.get(purchase.event.id);
    const lost = purchase.revenue && lessBy(purchase.revenue, rest?.revenue);
    if (rest && !(lost && lost.units > 0n)) return [];
    const { id: eventId, occurredAt: at } = last;
    const data = dataOf({ ...purchase, revenue: lost }, clickBefore(purchase.at), heard);
    const payload = { kind: 'conversion' as const, isRefund: true, occurredAt: at, data };
    return [{ eventId, at, payload, includes: news.map(({ id }) => id) }];
  });
}

/** Asked in order of time: the click that is credited with what happened at an instant. */
function creditedClicks(
  events: readonly HistoryEvent[],
  { credit, window }: ConversionsHeard,
): (at: Instant) => ReportedClick | undefined {
  const clicks = clicksIn(events, deliveriesIn(events)).filter(({ actor }) => actor !== 'machine');
  const creditsAt = CREDITS[credit](clicks);
  const step = WINDOW_NAMES.indexOf(window);
  return (at) => creditsAt(at).find(({ cut, from, until }) => cut === 0 && from <= step && step < until)?.click;
}

/** The events that undo a purchase or a part of it, in order of time. */
function undoings(events: readonly HistoryEvent[], { event: purchase }: KeptPurchase): HistoryEvent[] {
  const order = orderOf(purchase);
  return order === undefined ? [] : events.filter((event) => canUndo(event) && orderOf(event) === order);
}

function lessBy(before: Decimal, after: Decimal | undefined): Decimal {
  return after ? addDecimals(before, { ...after, units: -after.units }) : before;
}

/** The shop's own id of the order; where it names none, that of the event. */
function orderIdOf({ event }: KeptPurchase): string {
  const id = event.properties.order_id;
  const text = typeof id === 'number' ? String(id) : id;
  return typeof text === 'string' && ID.test(text) && !text.includes('@') ? text : event.id;
}

function dataOf(
  purchase: KeptPurchase,
  click: ReportedClick | undefined,
  { window, credit }: ConversionsHeard,
): Record<string, string | number> {
  const { at, revenue, currency } = purchase;
  // A link's own parameters are whatever its sender wrote into them, and that may be an address.
  const named = Object.entries(click?.place ?? {}).filter(
    (one): one is [string, string] => one[1] !== null && !/@|%40/.test(one[1]),
  );
  return {
    transaction_id: orderIdOf(purchase),
    ...(revenue && /^[A-Z]{3}$/.test(currency) && { value: Number(decimalToString(revenue)), currency }),
    ...Object.fromEntries(named),
    attribution: credit,
    attribution_window: window,
    ...(click && { hours_to_purchase: Math.floor((at - click.occurredAt) / HOUR) }),
  };
}
