import { readProperty } from './property.js';
import type { Matcher } from './matcher.js';
import type { HistoryEvent, Occurrence } from './history-event.js';
import type { Instant } from './instant.js';
import { purchaseEnds } from './net-purchases.js';

/** Since when the data about events of a name are complete. `-Infinity`: always; `Infinity`: nothing ever came. */
export type HistoryStart = (eventName: string) => Instant;

/**
 * Everything known about one profile: deduplicated by event id (the first stands) and ordered by time, so that the order
 * of arrival makes no difference. What a matcher selects is worked out once, however many rules share it.
 */
export class History {
  private readonly byName: ReadonlyMap<string, HistoryEvent[]>;
  private readonly selected = new Map<string, readonly Occurrence[]>();
  private endsByPurchase: ReadonlyMap<string, Instant> | undefined;

  constructor(
    events: Iterable<HistoryEvent>,
    readonly startsAt: HistoryStart = () => -Infinity,
  ) {
    const unique = new Map<string, HistoryEvent>();
    for (const event of events) if (!unique.has(event.id)) unique.set(event.id, event);
    this.byName = groupByName(inOrder(unique));
  }

  /** The events that a matcher selects, in order of time. */
  occurrencesOf(matcher: Matcher): readonly Occurrence[] {
    const known = this.selected.get(matcher.key);
    if (known) return known;
    const occurrences = this.named(matcher.eventName)
      .filter((event) => matcher.matches(event))
      .map((event) => ({ event, at: event.occurredAt, until: matcher.isNet ? this.endOf(event) : Infinity }));
    this.selected.set(matcher.key, occurrences);
    return occurrences;
  }

  /** All events of a name, in order of time. */
  named(eventName: string): readonly HistoryEvent[] {
    return this.byName.get(eventName) ?? [];
  }

  private endOf(purchase: HistoryEvent): Instant {
    this.endsByPurchase ??= purchaseEnds((name) => this.named(name));
    return this.endsByPurchase.get(String(readProperty(purchase.properties, 'order_id'))) ?? Infinity;
  }
}

function inOrder(events: ReadonlyMap<string, HistoryEvent>): HistoryEvent[] {
  return [...events.values()].sort((a, b) => a.occurredAt - b.occurredAt || (a.id < b.id ? -1 : 1));
}

function groupByName(events: readonly HistoryEvent[]): Map<string, HistoryEvent[]> {
  const groups = new Map<string, HistoryEvent[]>();
  for (const event of events) {
    const group = groups.get(event.name);
    if (group) group.push(event);
    else groups.set(event.name, [event]);
  }
  return groups;
}
