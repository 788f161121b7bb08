import type { HistoryEvent, Life, Occurrence } from './history-event.js';
import type { Instant } from './instant.js';
import { nameFits, type Matcher } from './matcher.js';
import { orderOf, PURCHASE, purchaseEnds } from './net-purchases.js';
import { propertyReader } from './property.js';
import type { EventName } from './rule.js';
import type { Window } from './window.js';

/** Since when the data about events of a name are complete. `-Infinity`: always; `Infinity`: nothing ever came. */
export type HistoryStart = (eventName: EventName) => Instant;

/** What is known of a profile besides its events. */
export interface Known {
  startsAt?: HistoryStart;
  /** What tells the profile from every other; places it in buckets. */
  profile?: string;
}

/** Something that holds from an instant on. */
export interface FromThen<T> {
  since: Instant;
  value: T;
}

/**
 * Everything known about one profile, in order of time, so that the order of arrival makes no difference. What rules work
 * out from it is kept, so that they can share it.
 */
export class History {
  readonly startsAt: HistoryStart;
  readonly profile: string;
  private readonly byName = new Map<string, readonly HistoryEvent[]>();
  private readonly byValue = new Map<string, Map<unknown, HistoryEvent[]> | undefined>();
  private readonly selected = new Map<string, readonly HistoryEvent[]>();
  private readonly occurrences = new Map<string, readonly Occurrence[]>();
  private readonly results = new Map<object, FromThen<unknown>>();
  private ends: ReadonlyMap<string, Instant> | undefined;

  private constructor(
    private readonly events: readonly HistoryEvent[],
    { startsAt = () => -Infinity, profile = '' }: Known,
  ) {
    this.startsAt = startsAt;
    this.profile = profile;
  }

  /** From events in any order; of several with one id the first stands. */
  static of(events: Iterable<HistoryEvent>, known: Known = {}): History {
    const unique = new Map<string, HistoryEvent>();
    for (const event of events) if (!unique.has(event.id)) unique.set(event.id, event);
    return History.ofDistinct([...unique.values()], known);
  }

  /** From events of which no two have the same id, as the event log keeps them; in any order. */
  static ofDistinct(events: readonly HistoryEvent[], known: Known = {}): History {
    return new History(areInOrder(events) ? events : [...events].sort(byTime), known);
  }

  /** All events of a name, in order of time. */
  named(eventName: EventName): readonly HistoryEvent[] {
    if (typeof eventName !== 'string') return this.events.filter((event) => nameFits(eventName, event.name));
    const known = this.byName.get(eventName);
    if (known) return known;
    const named = this.events.filter((event) => event.name === eventName);
    this.byName.set(eventName, named);
    return named;
  }

  /** The events that a matcher selects, in order of time, those that ended included. */
  matching(matcher: Matcher): readonly HistoryEvent[] {
    const known = this.selected.get(matcher.key);
    if (known) return known;
    const selected = this.candidatesFor(matcher).filter((event) => matcher.matches(event));
    this.selected.set(matcher.key, selected);
    return selected;
  }

  /** The same, with the instants until which they count. */
  occurrencesOf(matcher: Matcher): readonly Occurrence[] {
    const known = this.occurrences.get(matcher.key);
    if (known) return known;
    const occurrences = this.matching(matcher).map((event) => ({
      event,
      until: matcher.isNet ? this.endOf(event) : Infinity,
    }));
    this.occurrences.set(matcher.key, occurrences);
    return occurrences;
  }

  /** The events that a matcher selects and when they count in a window, in order of time; those that never do are left out. */
  livesOf(matcher: Matcher, window: Window): readonly Life[] {
    const lives: Life[] = [];
    for (const event of this.matching(matcher)) {
      const from = window.beginsAt(event.occurredAt);
      const end = window.endsAt(event.occurredAt);
      const to = matcher.isNet ? Math.min(end, this.endOf(event)) : end;
      if (from < to) lives.push({ event, from, to });
    }
    return lives;
  }

  /** Until when an event counts: for ever, but for a purchase that is cancelled or refunded in full. */
  endOf(event: HistoryEvent): Instant {
    if (event.name !== PURCHASE) return Infinity;
    this.ends ??= purchaseEnds((name) => this.named(name));
    return this.ends.size === 0 ? Infinity : (this.ends.get(orderOf(event)) ?? Infinity);
  }

  /**
   * What is worked out about this history from an instant on, once for each key: from that instant or, if it was asked for
   * before, an earlier one.
   */
  since<T>(key: object, since: Instant, workOut: (since: Instant) => T): FromThen<T> {
    const known = this.results.get(key) as FromThen<T> | undefined;
    if (known && known.since <= since) return known;
    const result = { since, value: workOut(since) };
    this.results.set(key, result);
    return result;
  }

  /** The events among which those of a matcher are; by the value that it wants, once several ask for one. */
  private candidatesFor({ eventName, wants, place }: Matcher): readonly HistoryEvent[] {
    if (place === undefined) return this.named(eventName);
    const known = this.byValue.get(place);
    if (known) return known.get(wants!.values[0]) ?? NONE;
    // The first that asks looks for itself.
    const isFirst = !this.byValue.has(place);
    this.byValue.set(place, isFirst ? undefined : groupByValue(this.named(eventName), wants!.property));
    return this.named(eventName);
  }
}

const NONE: readonly HistoryEvent[] = [];

function areInOrder(events: readonly HistoryEvent[]): boolean {
  for (let i = 1; i < events.length; i++) if (byTime(events[i - 1]!, events[i]!) >= 0) return false;
  return true;
}

/** Events at one instant stand in order of id: any order will do that is always the same. */
function byTime(a: HistoryEvent, b: HistoryEvent): number {
  return a.occurredAt - b.occurredAt || (a.id < b.id ? -1 : 1);
}

function groupByValue(events: readonly HistoryEvent[], property: string): Map<unknown, HistoryEvent[]> {
  const read = propertyReader(property);
  const groups = new Map<unknown, HistoryEvent[]>();
  for (const event of events) {
    const value = read(event.properties);
    const group = groups.get(value);
    if (group) group.push(event);
    else groups.set(value, [event]);
  }
  return groups;
}
