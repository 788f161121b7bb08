import type { Decimal } from '../core/decimal.js';
import { FURTHEST } from '../core/date.js';
import type { HistoryEvent } from '../core/history-event.js';
import { toIso, type Instant, type Milliseconds } from '../core/instant.js';
import { keptPurchases } from '../core/kept-purchases.js';
import { CHECKOUT } from '../profiles/reported-events.js';
import { ATTRIBUTIONS, CREDITS, type Attribution } from './credits.js';
import { CUTS, DELIVERIES, DIMENSIONS, ORIGINS, valueIn, type Cut } from './cuts.js';
import { FigureSums, type Figure } from './figure.js';
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
export function figuresOf(events: readonly HistoryEvent[]): Figure[] {
  const sums = new FigureSums();
  const deliveries = deliveriesIn(events);
  const clicks = clicksIn(events, deliveries);
  const people = clicks.filter(({ actor }) => actor !== 'machine');
  addClicks(sums, clicks);
  for (const cut of CUTS) addClickers(sums, cut, people);
  addDeliveries(sums, deliveries, people);
  const checkouts = events.filter(({ name }) => name === CHECKOUT).map(({ occurredAt: at }) => ({ at, currency: '' }));
  for (const attribution of ATTRIBUTIONS) {
    addConversions(sums, { goal: 'checkout', attribution }, people, checkouts);
    addConversions(sums, { goal: 'purchase', attribution }, people, keptPurchases(events, FURTHEST));
  }
  return sums.figures();
}

function addClicks(sums: FigureSums, clicks: readonly ReportedClick[]): void {
  for (const { actor, occurredAt, place } of clicks) {
    for (const cut of CUTS) {
      const value = valueIn(cut, place);
      sums.add({ cut: cut.key, kind: 'clicks', day: dayOf(occurredAt), value }, { [actor]: 1 });
    }
  }
}

/** Each day on which somebody clicked there; the first one of a week or a month is one more person in it. */
function addClickers(sums: FigureSums, cut: Cut, clicks: readonly ReportedClick[]): void {
  const seen = new Set<string>();
  const isNew = (value: unknown, period: string): boolean => {
    const known = seen.size;
    return seen.add(JSON.stringify([value, period])).size > known;
  };
  for (const { occurredAt, place } of clicks) {
    const value = valueIn(cut, place);
    const day = dayOf(occurredAt);
    if (!isNew(value, day)) continue;
    sums.add(
      { cut: cut.key, kind: 'clicks', day, value },
      {
        clickers: 1,
        week_clickers: Number(isNew(value, `week ${weekOf(occurredAt)}`)),
        month_clickers: Number(isNew(value, monthOf(occurredAt))),
      },
    );
  }
}

/** Clicked deliveries count on the day of the delivery, so that they are a part of those delivered. */
function addDeliveries(
  sums: FigureSums,
  deliveries: ReadonlyMap<string, Delivery>,
  clicks: readonly ReportedClick[],
): void {
  for (const { at, campaign, action, channel } of deliveries.values()) {
    const value = [campaign, action, channel];
    sums.add({ cut: DELIVERIES, kind: 'clicks', day: dayOf(at), value }, { deliveries: 1 });
  }
  const seen = new Set<string>();
  const addOnce = (cut: string, day: string, value: readonly (string | null)[], { id }: Delivery): void => {
    const known = seen.size;
    if (seen.add(JSON.stringify([cut, value, id])).size === known) return;
    sums.add({ cut, kind: 'clicks', day, value }, { clicked: 1 });
  };
  for (const { place, delivery } of clicks) {
    if (!delivery) continue;
    const { at, campaign, action, channel } = delivery;
    for (const cut of CUTS) addOnce(cut.key, dayOf(at), valueIn(cut, place), delivery);
    const origin = [...DIMENSIONS.map((dimension) => place[dimension]), campaign, action, channel];
    addOnce(ORIGINS, `${monthOf(at)}-01`, origin, delivery);
  }
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
  const kind = kindOf(goal, attribution);
  const creditsAt = CREDITS[attribution](clicks);
  const days = new ConvertedDays();
  for (const { at, currency, revenue } of conversions) {
    for (const { cut, click, from, until } of creditsAt(at)) {
      const value = valueIn(cut, click.place);
      const place = { cut: cut.key, kind, day: dayOf(click.occurredAt), value };
      days.add(place, from, until);
      const lag = at - click.occurredAt;
      sums.add({ ...place, step: from, currency }, { conversions: 1, lag_ms: lag }, revenue);
      if (until === WINDOW_SPANS.length) continue;
      const less = revenue && { ...revenue, units: -revenue.units };
      sums.add({ ...place, step: until, currency }, { conversions: -1, lag_ms: -lag }, less);
    }
  }
  days.addTo(sums);
}

/** Under which kind the figures of a goal stand. */
export function kindOf(goal: Goal, attribution: Attribution): string {
  return `${goal}.${attribution}`;
}

type DayPlace = { cut: string; kind: string; day: string; value: (string | null)[] };

/** Days of clicks that led to something at all, however often: for each, the windows that tell of it. */
class ConvertedDays {
  private readonly days = new Map<string, { place: DayPlace; steps: boolean[] }>();

  add(place: DayPlace, from: number, until: number): void {
    const key = JSON.stringify([place.cut, place.day, place.value]);
    let day = this.days.get(key);
    if (!day) this.days.set(key, (day = { place, steps: WINDOW_SPANS.map(() => false) }));
    day.steps.fill(true, from, until);
  }

  addTo(sums: FigureSums): void {
    for (const { place, steps } of this.days.values()) {
      steps.forEach((holds, step) => {
        if (holds !== (steps[step - 1] ?? false)) sums.add({ ...place, step }, { days: holds ? 1 : -1 });
      });
    }
  }
}

function dayOf(at: Instant): string {
  return toIso(at).slice(0, 10);
}

/** Counted from Monday to Sunday; 1970-01-01 was a Thursday. */
function weekOf(at: Instant): number {
  return Math.floor((Math.floor(at / DAY) + 3) / 7);
}

function monthOf(at: Instant): string {
  return toIso(at).slice(0, 7);
}
