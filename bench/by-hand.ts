import type { HistoryEvent } from '../src/core/history-event.js';
import { DAY } from './histories.js';

/** What a rule written by hand says: its value, and the exact instant at which it changes if no event comes. */
export interface ByHand {
  value: 'true' | 'false' | 'pending';
  nextChangeAt: number;
}

export type Hand = (events: readonly HistoryEvent[], asOf: number) => ByHand;

/** `click where cta within 30d`. */
export function clicked(cta: string): Hand {
  return (events, asOf) => {
    for (let i = events.length - 1; i >= 0; i--) {
      const event = events[i]!;
      if (event.occurredAt <= asOf - 30 * DAY) break;
      if (event.name !== 'click' || event.properties.cta !== cta || event.properties.actor_class === 'machine')
        continue;
      return { value: 'true', nextChangeAt: event.occurredAt + 30 * DAY };
    }
    return { value: 'false', nextChangeAt: Infinity };
  };
}

/** When each order was cancelled. */
function cancellations(events: readonly HistoryEvent[]): Map<unknown, number> {
  const ends = new Map<unknown, number>();
  for (const event of events) {
    if (event.name !== 'order_cancelled') continue;
    const order = event.properties.order_id;
    if (!ends.has(order)) ends.set(order, event.occurredAt);
  }
  return ends;
}

/** `click where cta within 7d, not followed within 3d by purchase`, purchases net of cancelled ones. */
export function abandoned(cta: string): Hand {
  return (events, asOf) => {
    let cancelled: Map<unknown, number> | undefined;
    let value: ByHand['value'] = 'false';
    let [pendingUntil, trueUntil] = [Infinity, -Infinity];
    for (let i = events.length - 1; i >= 0; i--) {
      const anchor = events[i]!;
      const at = anchor.occurredAt;
      if (at <= asOf - 7 * DAY) break;
      if (anchor.name !== 'click' || anchor.properties.cta !== cta || anchor.properties.actor_class === 'machine')
        continue;
      cancelled ??= cancellations(events);
      if (isFollowed(events, i, at + 3 * DAY, cancelled, asOf)) continue;
      if (asOf < at + 3 * DAY) {
        pendingUntil = Math.min(pendingUntil, at + 3 * DAY);
        if (value === 'false') value = 'pending';
      } else {
        trueUntil = Math.max(trueUntil, at + 7 * DAY);
        value = 'true';
      }
    }
    if (value === 'pending') return { value, nextChangeAt: pendingUntil };
    // A pending anchor turns true before the older ones leave, and then holds four days longer.
    if (value === 'true') return { value, nextChangeAt: lastEnd(events, asOf, cta, cancelled!) };
    return { value, nextChangeAt: Infinity };
  };
}

function isFollowed(
  events: readonly HistoryEvent[],
  anchor: number,
  end: number,
  cancelled: ReadonlyMap<unknown, number>,
  asOf: number,
): boolean {
  const start = events[anchor]!.occurredAt;
  let first = anchor;
  while (first > 0 && events[first - 1]!.occurredAt === start) first -= 1;
  for (let i = first; i < events.length && events[i]!.occurredAt < end; i++) {
    const event = events[i]!;
    if (i === anchor || event.name !== 'purchase' || event.properties.actor_class === 'machine') continue;
    const ends = cancelled.get(event.properties.order_id) ?? Infinity;
    if (event.occurredAt < ends && asOf < ends) return true;
  }
  return false;
}

/** When the last of the anchors that hold, or will hold before the others leave, goes: with no gap between them. */
function lastEnd(
  events: readonly HistoryEvent[],
  asOf: number,
  cta: string,
  cancelled: ReadonlyMap<unknown, number>,
): number {
  const anchors: number[] = [];
  events.forEach((event, i) => {
    if (event.occurredAt <= asOf - 7 * DAY || event.name !== 'click') return;
    if (event.properties.cta !== cta || event.properties.actor_class === 'machine') return;
    if (!isFollowed(events, i, event.occurredAt + 3 * DAY, cancelled, asOf)) anchors.push(event.occurredAt);
  });
  let end = -Infinity;
  for (const at of anchors) {
    if (at + 3 * DAY <= asOf || at + 3 * DAY <= end) end = Math.max(end, at + 7 * DAY);
  }
  return end;
}

/** `all [email_delivered where campaign within 14d, not click where campaign within 14d]`. */
export function notClicked(campaign: number): Hand {
  return (events, asOf) => {
    let [delivered, clickedAt] = [-Infinity, -Infinity];
    for (let i = events.length - 1; i >= 0; i--) {
      const event = events[i]!;
      if (event.occurredAt <= asOf - 14 * DAY) break;
      if (event.properties.campaign_id !== campaign || event.properties.actor_class === 'machine') continue;
      if (event.name === 'click') clickedAt = Math.max(clickedAt, event.occurredAt);
      else if (event.name === 'email_delivered') delivered = Math.max(delivered, event.occurredAt);
    }
    if (delivered === -Infinity) return { value: 'false', nextChangeAt: Infinity };
    if (clickedAt === -Infinity) return { value: 'true', nextChangeAt: delivered + 14 * DAY };
    // The click leaves first: from then on the delivery is unclicked.
    if (clickedAt < delivered) return { value: 'false', nextChangeAt: clickedAt + 14 * DAY };
    return { value: 'false', nextChangeAt: Infinity };
  };
}

/** `purchase exactly 0 within so many days`, purchases net of cancelled ones. */
export function lapsed(days: number): Hand {
  return (events, asOf) => {
    const cancelled = cancellations(events);
    let end = -Infinity;
    for (const event of events) {
      if (event.name !== 'purchase' || event.properties.actor_class === 'machine') continue;
      const ends = Math.min(event.occurredAt + days * DAY, cancelled.get(event.properties.order_id) ?? Infinity);
      if (ends > asOf && ends > event.occurredAt) end = Math.max(end, ends);
    }
    return end === -Infinity ? { value: 'true', nextChangeAt: Infinity } : { value: 'false', nextChangeAt: end };
  };
}
