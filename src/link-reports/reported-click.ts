import type { HistoryEvent } from '../core/history-event.js';
import { utcDay, type Instant } from '../core/instant.js';
import { CLICK, type ClickClass } from '../ctas/click-class.js';
import { contextOf } from '../ctas/message-context.js';
import { DELIVERED } from '../profiles/reported-events.js';
import { valuesIn, type CutValues, type Place } from './cuts.js';

/** What is known of a message that reached somebody. */
export interface Delivery {
  id: string;
  at: Instant;
  campaign: string | null;
  action: string | null;
  channel: string | null;
}

/** A click as reports see it. */
export interface ReportedClick {
  occurredAt: Instant;
  /** In UTC, as `2026-11-28`. */
  day: string;
  actor: ClickClass;
  place: Place;
  values: CutValues;
  /** The delivery that it came from, where that is known. */
  delivery: Delivery | undefined;
}

const LONGEST_VALUE = 100;
const IS_DELIVERED: ReadonlySet<string> = new Set(DELIVERED);

/** The deliveries in a history in order of time, by their ids; of several with one id the first. */
export function deliveriesIn(events: readonly HistoryEvent[]): ReadonlyMap<string, Delivery> {
  const deliveries = new Map<string, Delivery>();
  for (const { name, occurredAt, properties } of events) {
    const id = textOf(properties.delivery_id);
    if (!IS_DELIVERED.has(name) || id === null || deliveries.has(id)) continue;
    const { message, action } = contextOf(properties);
    const channel = textOf(properties.channel) ?? name.slice(0, name.lastIndexOf('_'));
    deliveries.set(id, { id, at: occurredAt, campaign: textOf(message), action: textOf(action), channel });
  }
  return deliveries;
}

/** The clicks in a classed history. What a click does not tell of its message, its delivery does. */
export function clicksIn(
  events: readonly HistoryEvent[],
  deliveries: ReadonlyMap<string, Delivery>,
): readonly ReportedClick[] {
  return events
    .filter(({ name }) => name === CLICK)
    .map(({ occurredAt, properties }) => {
      const delivery = deliveries.get(textOf(properties.delivery_id) ?? '');
      const place: Place = {
        cta: textOf(properties.cta),
        link: textOf(properties.tracked_link),
        template: textOf(properties.template),
        campaign: textOf(contextOf(properties).message) ?? delivery?.campaign ?? null,
        utm_content: textOf(properties.utm_content),
        channel: textOf(properties.channel) ?? delivery?.channel ?? null,
      };
      const actor = properties.actor_class as ClickClass;
      return { occurredAt, day: utcDay(occurredAt), actor, place, values: valuesIn(place), delivery };
    });
}

/** Cut, so that no sender can make a key of the figures too long for an index. */
function textOf(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value.slice(0, LONGEST_VALUE).toWellFormed() : null;
}
