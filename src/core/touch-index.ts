import type { Plan } from './compile-rule.js';
import type { HistoryEvent } from './history-event.js';
import { eventNamesOf, touches, type Matcher } from './matcher.js';
import { propertyReader, type Properties } from './property.js';
import type { Scalar } from './rule.js';

interface Entry<K> {
  matcher: Matcher;
  keys: K[];
}

interface ByValue<K> {
  read: (properties: Properties) => unknown;
  byValue: Map<unknown, Entry<K>[]>;
}

/** What to look up for events of one name: by the values of properties that rules ask for, and the rest one by one. */
interface NameIndex<K> {
  byProperty: Map<string, ByValue<K>>;
  rest: Entry<K>[];
}

/**
 * Which rules an event can touch. What it costs to ask grows with the rules that the event touches, and with those that
 * name no value of a property; not with the rules that there are.
 */
export class TouchIndex<K> {
  private readonly byName = new Map<string, NameIndex<K>>();
  private readonly byPrefix: { prefix: string; index: NameIndex<K> }[] = [];

  constructor(plans: Iterable<readonly [K, Plan]>) {
    const entries = new Map<string, Entry<K>>();
    for (const [key, plan] of plans) {
      for (const matcher of plan.matchers) {
        const known = entries.get(matcher.key);
        if (known) known.keys.push(key);
        else entries.set(matcher.key, { matcher, keys: [key] });
      }
    }
    for (const entry of entries.values()) this.add(entry);
  }

  /** The rules whose value this event can change; no others are changed by it. */
  touchedBy(event: HistoryEvent): Set<K> {
    const found = new Set<K>();
    this.collect(this.byName.get(event.name), event, found);
    for (const { prefix, index } of this.byPrefix) {
      if (event.name.startsWith(prefix)) this.collect(index, event, found);
    }
    return found;
  }

  private add(entry: Entry<K>): void {
    const [own, ...endings] = eventNamesOf(entry.matcher);
    addEntry(this.indexFor(own!), entry, entry.matcher.wants);
    // What ends a purchase needn't look like it.
    for (const ending of endings) addEntry(this.indexFor(ending), entry, undefined);
  }

  private indexFor(name: Matcher['eventName']): NameIndex<K> {
    if (typeof name === 'string') {
      const index = this.byName.get(name) ?? { byProperty: new Map(), rest: [] };
      this.byName.set(name, index);
      return index;
    }
    const known = this.byPrefix.find(({ prefix }) => prefix === name.startsWith);
    if (known) return known.index;
    const index: NameIndex<K> = { byProperty: new Map(), rest: [] };
    this.byPrefix.push({ prefix: name.startsWith, index });
    return index;
  }

  private collect(index: NameIndex<K> | undefined, event: HistoryEvent, found: Set<K>): void {
    if (!index) return;
    const take = (entry: Entry<K>): void => {
      if (touches(entry.matcher, event)) for (const key of entry.keys) found.add(key);
    };
    for (const { read, byValue } of index.byProperty.values()) byValue.get(read(event.properties))?.forEach(take);
    index.rest.forEach(take);
  }
}

function addEntry<K>(index: NameIndex<K>, entry: Entry<K>, wants: Matcher['wants']): void {
  if (!wants) {
    index.rest.push(entry);
    return;
  }
  const { property, values } = wants;
  const known = index.byProperty.get(property);
  const place: ByValue<K> = known ?? { read: propertyReader(property), byValue: new Map() };
  index.byProperty.set(property, place);
  for (const value of new Set<Scalar>(values)) {
    const entries = place.byValue.get(value);
    if (entries) entries.push(entry);
    else place.byValue.set(value, [entry]);
  }
}
