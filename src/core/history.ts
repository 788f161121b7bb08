import type { HistoryEvent, Life } from './history-event.js';
import { earlier, later, NEVER, type Instant, type Milliseconds } from './instant.js';
import { nameFits, type Matcher } from './matcher.js';
import { orderOf, PURCHASE, purchaseEnds } from './net-purchases.js';
import { propertyReader } from './property.js';
import type { EventName } from './rule.js';
import type { Span } from './sweep.js';
import type { Window } from './window.js';

/** Since when the data about events of a name are complete. `-Infinity`: always; `Infinity`: nothing ever came. */
export type HistoryStart = (eventName: EventName) => Instant;

/** What is known of a profile besides its events. */
export interface Known {
  startsAt?: HistoryStart;
  /** What tells the profile from every other; places it in buckets. */
  profile?: string;
  /**
   * How long events count, in ms, whatever a rule's window; for ever unless given. What came after an event counts as long
   * as it does, and an attribute is what was last said of it, however long ago.
   */
  retention?: Milliseconds;
  /**
   * Before which it is asked about; no end unless given. What follows from it later need not be worked out: until when an
   * answer holds is not to be asked.
   */
  horizon?: Instant;
}

/** Something that holds from an instant on. */
export interface FromThen<T> {
  since: Instant;
  value: T;
}

/** So many looks at a history cost less than grouping it first, if each goes through its events one by one. */
const FEW_LOOKS = 8;
/** So few events are gone through as quickly as a group of them is found. */
const FEW_EVENTS = 64;

/**
 * Everything known about one profile, in order of time, so that the order of arrival makes no difference. What rules work
 * out from it is kept, so that they can share it.
 */
export class History {
  private looks = 0;
  private byName: Map<string, HistoryEvent[]> | undefined = undefined;
  private byValue: Map<string, Map<unknown, HistoryEvent[]>> | undefined = undefined;
  private selected: Map<string, readonly HistoryEvent[]> | undefined = undefined;
  private results: Map<object, FromThen<unknown>> | undefined = undefined;
  private ends: ReadonlyMap<string | undefined, Instant> | undefined = undefined;

  private constructor(
    private readonly events: readonly HistoryEvent[],
    readonly startsAt: HistoryStart,
    readonly profile: string,
    readonly retention: Milliseconds,
    private readonly horizon: Instant,
  ) {}

  /** From events in any order; of several with one id the first stands. */
  static of(events: Iterable<HistoryEvent>, known: Known = {}): History {
    const unique = new Map<string, HistoryEvent>();
    for (const event of events) if (!unique.has(event.id)) unique.set(event.id, event);
    return History.ofDistinct([...unique.values()], known);
  }

  /** From events of which no two have the same id; in any order. */
  static ofDistinct(events: readonly HistoryEvent[], known: Known = {}): History {
    return History.inOrder(areInOrder(events) ? events : [...events].sort(byTime), known);
  }

  /** From distinct events in order of time and, at one instant, of id, as the event log hands them out. */
  static inOrder(events: readonly HistoryEvent[], known: Known = {}): History {
    const { startsAt = ALWAYS_COMPLETE, profile = '', retention = Infinity, horizon = Infinity } = known;
    return new History(events, startsAt, profile, retention, horizon);
  }

  /** From an instant on, for as long as it is asked about. */
  spanFrom(since: Instant): Span {
    return { since, until: this.horizon };
  }

  /** All events of a name, in order of time. */
  named(eventName: EventName): readonly HistoryEvent[] {
    if (typeof eventName !== 'string') return this.events.filter((event) => nameFits(eventName, event.name));
    this.byName ??= groupedBy(this.events, (event) => event.name);
    return this.byName.get(eventName) ?? NONE;
  }

  /** Events in order of time, among which are all that a matcher selects. */
  candidatesFor({ eventName, wants, place }: Matcher): readonly HistoryEvent[] {
    if (this.looks < FEW_LOOKS || typeof eventName !== 'string') {
      this.looks += 1;
      return this.events;
    }
    const named = this.named(eventName);
    if (place === undefined || named.length <= FEW_EVENTS) return named;
    this.byValue ??= new Map();
    let groups = this.byValue.get(place);
    if (!groups) {
      const read = propertyReader(wants!.property);
      groups = groupedBy(named, (event) => read(event.properties));
      this.byValue.set(place, groups);
    }
    return groups.get(wants!.values[0]) ?? NONE;
  }

  /** The events that a matcher selects, in order of time, those that ended included. */
  matching(matcher: Matcher): readonly HistoryEvent[] {
    this.selected ??= new Map();
    const known = this.selected.get(matcher.key);
    if (known) return known;
    const selected = this.candidatesFor(matcher).filter((event) => matcher.selects(event));
    this.selected.set(matcher.key, selected);
    return selected;
  }

  /** The events that a matcher selects and that count in a window as of an instant or later, in order of time. */
  livesOf(matcher: Matcher, window: Window, since: Instant): Life[] {
    const events = this.candidatesFor(matcher);
    const oldest = later(window.reachesBackTo(since), since - this.retention);
    const lives: Life[] = [];
    for (let i = events.length - 1; i >= 0 && events[i]!.occurredAt >= oldest; i--) {
      const event = events[i]!;
      if (!matcher.selects(event)) continue;
      const life = this.lifeOf(event, matcher, window);
      if (life && life.to > since) lives.push(life);
    }
    return lives.reverse();
  }

  /** When an event that a matcher selects counts in a window; undefined: never. */
  lifeOf(event: HistoryEvent, matcher: Matcher, window: Window): Life | undefined {
    const from = window.beginsAt(event.occurredAt);
    const to = earlier(window.endsAt(event.occurredAt), earlier(this.keptUntil(event), this.endOf(event, matcher)));
    return from < to ? { event, from, to } : undefined;
  }

  /** Until when an event is kept; it counts no longer, in whatever window. */
  keptUntil(event: HistoryEvent): Instant {
    return event.occurredAt + this.retention;
  }

  /** Until when an event counts: for ever, but for a purchase that is cancelled or refunded in full. */
  endOf(event: HistoryEvent, { isNet }: Matcher): Instant {
    if (!isNet || event.name !== PURCHASE) return NEVER;
    this.ends ??= purchaseEnds(this.events);
    return this.ends.size === 0 ? NEVER : (this.ends.get(orderOf(event)) ?? NEVER);
  }

  /**
   * What is worked out about this history from an instant on, once for each key: from that instant or, if it was asked for
   * before, an earlier one.
   */
  since<T>(key: object, since: Instant, workOut: (since: Instant) => T): FromThen<T> {
    return this.knownSince<T>(key, since) ?? this.keep(key, { since, value: workOut(since) });
  }

  /** What was worked out before, if it holds from an instant on. */
  knownSince<T>(key: object, since: Instant): FromThen<T> | undefined {
    const known = this.results?.get(key) as FromThen<T> | undefined;
    return known && known.since <= since ? known : undefined;
  }

  keep<T>(key: object, result: FromThen<T>): FromThen<T> {
    this.results ??= new Map();
    this.results.set(key, result);
    return result;
  }
}

const NONE: readonly HistoryEvent[] = [];
const ALWAYS_COMPLETE: HistoryStart = () => -NEVER;

function areInOrder(events: readonly HistoryEvent[]): boolean {
  for (let i = 1; i < events.length; i++) if (byTime(events[i - 1]!, events[i]!) >= 0) return false;
  return true;
}

/** Events at one instant stand in order of id: any order will do that is always the same. */
function byTime(a: HistoryEvent, b: HistoryEvent): number {
  return a.occurredAt - b.occurredAt || (a.id < b.id ? -1 : 1);
}

function groupedBy<K>(events: readonly HistoryEvent[], keyOf: (event: HistoryEvent) => K): Map<K, HistoryEvent[]> {
  const groups = new Map<K, HistoryEvent[]>();
  for (const event of events) {
    const key = keyOf(event);
    const group = groups.get(key);
    if (group) group.push(event);
    else groups.set(key, [event]);
  }
  return groups;
}
