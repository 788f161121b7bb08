import type { Decimal } from '../core/decimal.js';
import { FURTHEST } from '../core/date.js';
import type { HistoryEvent } from '../core/history-event.js';
import { utcDay, type Instant, type Milliseconds } from '../core/instant.js';
import { keptPurchases } from '../core/kept-purchases.js';
import { CHECKOUT } from '../profiles/reported-events.js';
import { ATTRIBUTIONS, CREDITS, type Attribution } from './credits.js';
import { CUTS, DELIVERIES, DIMENSIONS, keyed, ORIGINS } from './cuts.js';
import { FigureSums, type ConversionPlace, type Figure, type FigureSum, type KeyedValue } from './figure.js';
import { clicksIn, deliveriesIn, type Delivery, type ReportedClick } from './reported-click.js';
import { WINDOW_SPANS } from './windows.js';

/** What clicks can lead to. */
export const GOALS = ['checkout', 'purchase'] as const;

export type Goal = (typeof GOALS)[number];

const DAY: Milliseconds = 86_400_000;

/**
 * Everything that one profile adds to the figures, from its classed events in order of time. Machines' clicks are counted
 * and nothing else; whoever is suspect counts as rules have it, as a person. Purchases are net of all that is known by now.
 */
export function sumsOf(events: readonly HistoryEvent[]): FigureSum[] {
  const sums = new FigureSums();
  const deliveries = deliveriesIn(events);
  const clicks = clicksIn(events, deliveries);
  const people = clicks.filter(({ actor }) => actor !== 'machine');
  addClicks(sums, clicks);
  addClickers(sums, people);
  addDeliveries(sums, deliveries, people);
  const checkouts = events.filter(({ name }) => name === CHECKOUT).map(({ occurredAt: at }) => ({ at, currency: '' }));
  const purchases = keptPurchases(events, FURTHEST);
  for (const attribution of ATTRIBUTIONS) {
    addConversions(sums, { goal: 'checkout', attribution }, people, checkouts);
    addConversions(sums, { goal: 'purchase', attribution }, people, purchases);
  }
  return sums.all();
}

/** As {@link sumsOf}, written out. */
export function figuresOf(events: readonly HistoryEvent[]): Figure[] {
  return sumsOf(events).map((sum) => sum.figure);
}

function addClicks(sums: FigureSums, clicks: readonly ReportedClick[]): void {
  for (const { actor, day, values } of clicks) {
    values.forEach((value, cut) => sums.ofClicks(CUTS[cut]!.key, day, value).add(actor, 1));
  }
}

/** Each day on which somebody clicked there; the first one of a week or a month is one more person in it. */
function addClickers(sums: FigureSums, clicks: readonly ReportedClick[]): void {
  const isNew = firstTimes();
  for (const { occurredAt, day, values } of clicks) {
    const [week, month] = [weekOf(occurredAt), day.slice(0, 7)];
    values.forEach((value, cut) => {
      if (!isNew(`${cut} ${day} ${value.key}`)) return;
      const sum = sums.ofClicks(CUTS[cut]!.key, day, value);
      sum.add('clickers', 1);
      if (isNew(`${cut} ${week} ${value.key}`)) sum.add('week_clickers', 1);
      if (isNew(`${cut} ${month} ${value.key}`)) sum.add('month_clickers', 1);
    });
  }
}

/** Clicked deliveries count on the day of the delivery, so that they are a part of those delivered. */
function addDeliveries(
  sums: FigureSums,
  deliveries: ReadonlyMap<string, Delivery>,
  clicks: readonly ReportedClick[],
): void {
  for (const { at, campaign, action, channel } of deliveries.values()) {
    sums.ofClicks(DELIVERIES, utcDay(at), keyed([campaign, action, channel])).add('deliveries', 1);
  }
  const isNew = firstTimes();
  for (const { place, values, delivery } of clicks) {
    if (!delivery) continue;
    const { id, at, campaign, action, channel } = delivery;
    const day = utcDay(at);
    const addOnce = (cut: string, on: string, value: KeyedValue): void => {
      if (isNew(`${cut} ${value.key} ${id}`)) sums.ofClicks(cut, on, value).add('clicked', 1);
    };
    values.forEach((value, cut) => addOnce(CUTS[cut]!.key, day, value));
    const origin = [...DIMENSIONS.map((dimension) => place[dimension]), campaign, action, channel];
    addOnce(ORIGINS, `${day.slice(0, 7)}-01`, keyed(origin));
  }
}

/** Tells whether it is the first time that it is asked about something. */
function firstTimes(): (what: string) => boolean {
  const seen = new Set<string>();
  return (what) => {
    const known = seen.size;
    return seen.add(what).size > known;
  };
}

/** Something that clicks led to; of a purchase what is left of its revenue. */
interface Conversion {
  at: Instant;
  currency: string;
  revenue?: Decimal | undefined;
}

/** From each window to the next longer one: what it has more, and what it has less. */
function addConversions(
  sums: FigureSums,
  { goal, attribution }: { goal: Goal; attribution: Attribution },
  clicks: readonly ReportedClick[],
  conversions: readonly Conversion[],
): void {
  if (clicks.length === 0 || conversions.length === 0) return;
  const kind = kindOf(goal, attribution);
  const creditsAt = CREDITS[attribution](clicks);
  const days = new ConvertedDays();
  for (const { at, currency, revenue } of conversions) {
    for (const { cut, click, from, until } of creditsAt(at)) {
      const place = { cut: CUTS[cut]!.key, kind, day: click.day, of: click.values[cut]!, currency };
      days.add(place, from, until);
      const lag = at - click.occurredAt;
      addConversion(sums.ofConversions(place, from), 1, lag, revenue);
      if (until === WINDOW_SPANS.length) continue;
      addConversion(sums.ofConversions(place, until), -1, -lag, revenue && { ...revenue, units: -revenue.units });
    }
  }
  days.addTo(sums);
}

function addConversion(sum: FigureSum, more: number, lag: Milliseconds, revenue: Decimal | undefined): void {
  sum.add('conversions', more);
  sum.add('lag_ms', lag);
  if (revenue) sum.addRevenue(revenue);
}

/** Under which kind the figures of a goal stand. */
export function kindOf(goal: Goal, attribution: Attribution): string {
  return `${goal}.${attribution}`;
}

/**
 * Days of clicks that led to something at all, however often: for each, the windows that tell of it. They stand under the
 * currency of whatever changes it, which has a figure there anyhow.
 */
class ConvertedDays {
  private readonly days = new Map<string, { holds: boolean[]; changedBy: ConversionPlace[] }>();

  add(place: ConversionPlace, from: number, until: number): void {
    const name = `${place.cut} ${place.day} ${place.of.key}`;
    let day = this.days.get(name);
    if (!day) this.days.set(name, (day = { holds: WINDOW_SPANS.map(() => false), changedBy: [] }));
    day.holds.fill(true, from, until);
    for (const step of [from, until]) day.changedBy[step] = place;
  }

  addTo(sums: FigureSums): void {
    for (const { holds, changedBy } of this.days.values()) {
      holds.forEach((isHeld, step) => {
        if (isHeld === (holds[step - 1] ?? false)) return;
        sums.ofConversions(changedBy[step]!, step).add('days', isHeld ? 1 : -1);
      });
    }
  }
}

/** Counted from Monday to Sunday; 1970-01-01 was a Thursday. */
function weekOf(at: Instant): number {
  return Math.floor((Math.floor(at / DAY) + 3) / 7);
}
