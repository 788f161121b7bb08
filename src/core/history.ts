import type { HistoryEvent, Life, Occurrence } from './history-event.js';
import type { Instant } from './instant.js';
import { nameFits, type Matcher } from './matcher.js';
import { orderOf, PURCHASE, purchaseEnds } from './net-purchases.js';
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
  private groups: ReadonlyMap<string, HistoryEvent[]> | undefined;
  private readonly occurrences = new Map<string, readonly Occurrence[]>();
  private readonly lives = new Map<string, readonly Life[]>();
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
    const isInOrder = events.every((event, index) => index === 0 || byTime(events[index - 1]!, event) < 0);
    return new History(isInOrder ? events : [...events].sort(byTime), known);
  }

  /** All events of a name, in order of time. */
  named(eventName: EventName): readonly HistoryEvent[] {
    if (typeof eventName !== 'string') return this.events.filter((event) => nameFits(eventName, event.name));
    this.groups ??= groupByName(this.events);
    return this.groups.get(eventName) ?? [];
  }

  /** The events that a matcher selects, in order of time. */
  occurrencesOf(matcher: Matcher): readonly Occurrence[] {
    const known = this.occurrences.get(matcher.key);
    if (known) return known;
    const selected: Occurrence[] = [];
    for (const event of this.named(matcher.eventName)) {
      if (matcher.matches(event)) selected.push({ event, until: matcher.isNet ? this.endOf(event) : Infinity });
    }
    this.occurrences.set(matcher.key, selected);
    return selected;
  }

  /** The events that a matcher selects and when they count in a window, in order of time; those that never do are left out. */
  livesOf(matcher: Matcher, window: Window): readonly Life[] {
    const key = `${window.key} ${matcher.key}`;
    const known = this.lives.get(key);
    if (known) return known;
    const lives: Life[] = [];
    for (const { event, until } of this.occurrencesOf(matcher)) {
      const from = window.beginsAt(event.occurredAt);
      const to = Math.min(window.endsAt(event.occurredAt), until);
      if (from < to) lives.push({ event, from, to });
    }
    this.lives.set(key, lives);
    return lives;
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

  private endOf(event: HistoryEvent): Instant {
    if (event.name !== PURCHASE) return Infinity;
    this.ends ??= purchaseEnds((name) => this.named(name));
    return this.ends.get(orderOf(event)) ?? Infinity;
  }
}

/** Events at one instant stand in order of id: any order will do that is always the same. */
function byTime(a: HistoryEvent, b: HistoryEvent): number {
  return a.occurredAt - b.occurredAt || (a.id < b.id ? -1 : 1);
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
