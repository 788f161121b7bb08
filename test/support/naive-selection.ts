import type { HistoryEvent } from '../../src/core/history-event.js';
import type { CalendarWindow, EventName, EventSelector, WindowFields } from '../../src/core/rule.js';
import { periodStart } from './naive-calendar.js';
import { compared, naiveDate, naiveDecimal, naivePasses, naiveRead, total } from './naive-values.js';
import { ms, remembered, rememberedOf, type NaiveWorld } from './naive-world.js';

/** An event that a selector selects, and the instant at which it stops counting. */
export interface NaiveOccurrence {
  event: HistoryEvent;
  at: number;
  end: number;
}

/** Every event once, the first that was given, in order of time. */
export const knownEvents = rememberedOf(({ events }): HistoryEvent[] =>
  events
    .filter((event, index) => events.findIndex((other) => other.id === event.id) === index)
    .sort((a, b) => a.occurredAt - b.occurredAt || (a.id < b.id ? -1 : 1)),
);

/** The events a selector selects, whenever they happen, in order of time. */
export const occurrences = remembered((selector: EventSelector, world: NaiveWorld): NaiveOccurrence[] =>
  knownEvents(world)
    .filter((event) => isNamed(event.name, selector.performed) && isBy(event, selector))
    .filter((event) =>
      Object.entries(selector.where ?? {}).every(([path, test]) =>
        naivePasses(naiveRead(event.properties, path), test),
      ),
    )
    .map((event) => ({
      event,
      at: event.occurredAt,
      end: event.name === 'purchase' && selector.gross !== true ? endOfPurchase(event, world) : Infinity,
    })),
);

export function isNamed(name: string, wanted: EventName): boolean {
  return typeof wanted === 'string' ? name === wanted : name.startsWith(wanted.startsWith);
}

function isBy({ properties }: HistoryEvent, { by = 'humans' }: EventSelector): boolean {
  const actor = naiveRead(properties, 'actor_class');
  if (by === 'anyone') return true;
  if (by === 'machines') return actor === 'machine';
  return actor !== 'machine' && (by === 'humans' || actor !== 'suspect');
}

/** When its order is cancelled, or refunded in full: the earlier of the two. */
function endOfPurchase(purchase: HistoryEvent, world: NaiveWorld): number {
  const about = knownEvents(world).filter((event) => areOfOneOrder(event, purchase));
  if (about.length === 0) return Infinity;
  const named = (name: string): HistoryEvent[] => about.filter((event) => event.name === name);
  const cancelled = named('order_cancelled')[0]?.occurredAt ?? Infinity;
  const revenue = naiveDecimal(naiveRead(named('purchase').at(-1)!.properties, 'revenue'));
  if (revenue === undefined) return cancelled;
  let sum = total([]);
  for (const refund of named('order_refunded')) {
    const amount = naiveDecimal(naiveRead(refund.properties, 'amount'));
    if (amount && isSameMoney(named('purchase').at(-1)!, refund)) sum = total([sum, amount]);
    if (compared(sum, total([])) > 0 && compared(sum, revenue) >= 0) return Math.min(cancelled, refund.occurredAt);
  }
  return cancelled;
}

/** Both name an order, by a text or a number, and it is the same. */
export function areOfOneOrder(one: HistoryEvent, other: HistoryEvent): boolean {
  const orders = [one, other].map(({ properties }) => naiveRead(properties, 'order_id'));
  const areNamed = orders.every((order) => typeof order === 'number' || (typeof order === 'string' && order !== ''));
  return areNamed && String(orders[0]) === String(orders[1]);
}

/** Two events with currencies have the same one. */
export function isSameMoney(one: HistoryEvent, other: HistoryEvent): boolean {
  const currencies = [one, other].map(({ properties }) => naiveRead(properties, 'currency'));
  return new Set(currencies.filter((currency) => (currency ?? null) !== null)).size < 2;
}

/** The events that have happened by then, still are purchases where that matters, and are in the window. */
export function countingNow(
  selector: EventSelector & WindowFields,
  world: NaiveWorld,
  asOf: number,
): NaiveOccurrence[] {
  return occurrences(selector, world).filter(
    ({ at, end }) => at <= asOf && asOf < end && isInWindow(selector, at, asOf),
  );
}

function isInWindow({ within, before, between, calendar }: WindowFields, at: number, asOf: number): boolean {
  if (between) return (boundary(between[0]) ?? -Infinity) <= at && at < (boundary(between[1]) ?? Infinity);
  if (calendar) {
    const [from, to] = calendarSpan(calendar, at);
    return from <= asOf && asOf < to;
  }
  return asOf >= at + (before === undefined ? 0 : ms(before)) && asOf < at + ms(within);
}

/** From when, and until when, a calendar window counts an event. */
function calendarSpan({ unit, timeZone, last, current }: CalendarWindow, at: number): [from: number, to: number] {
  const from = current ? at : periodStart(timeZone, at, unit, 1);
  return [from, periodStart(timeZone, at, unit, 1 + (last ?? 0))];
}

function boundary(text: string | null): number | undefined {
  return text === null ? undefined : naiveDate(text);
}

/** Whether all that could be in the window as of this instant is known. */
export function isComplete(rule: EventSelector & WindowFields, world: NaiveWorld, asOf: number): boolean {
  const start = world.startsAt(rule.performed);
  if (!Number.isFinite(start)) return start < 0;
  if (rule.between) return (boundary(rule.between[0]) ?? -Infinity) >= start;
  if (rule.calendar) {
    const { unit, timeZone, last } = rule.calendar;
    return periodStart(timeZone, asOf, unit, -(last ?? 0)) >= start;
  }
  return asOf >= start + ms(rule.within);
}
