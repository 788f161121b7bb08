import type { HistoryEvent } from './history-event.js';
import { canUndo, PURCHASE, PURCHASE_ENDINGS } from './net-purchases.js';
import { isPlain, propertyReader, type Properties } from './property.js';
import { compilePropertyTest, valuesWanted, type ValueTest } from './property-test.js';
import type { ActorChoice, EventName, EventSelector, Scalar } from './rule.js';

/** Selects events by name, properties and actor. Equal selectors have equal keys, so that rules can share the work. */
export interface Matcher {
  key: string;
  eventName: EventName;
  /** Whether purchases end with their cancellation or full refund. */
  isNet: boolean;
  /** Whether an event is of the name, and like what is asked for. */
  selects(event: HistoryEvent): boolean;
  /** A property that must have one of these values, where there is one: for finding rules by event, and events by rule. */
  wants?: { property: string; values: readonly Scalar[] };
  /** The name and the property wanted, where there is exactly one value; events in one place are grouped once. */
  place?: string;
}

/** Compiles a selector once, for any number of evaluations. */
export function compileMatcher(selector: EventSelector): Matcher {
  return new SelectorMatcher(selector);
}

interface PropertyCheck {
  read: (properties: Properties) => unknown;
  holds: ValueTest;
}

/** A class with little in it: with a thousand rules what counts is how much there is to fetch for each. */
class SelectorMatcher implements Matcher {
  readonly eventName: EventName;
  readonly isNet: boolean;
  private readonly by: ActorChoice;
  /** A property that must be equal to a value, if there is one that can be read at once. */
  private readonly path: string | undefined = undefined;
  private readonly value: Scalar = null;
  /** All other tests. */
  private readonly checks: readonly PropertyCheck[];
  readonly wants?: { property: string; values: readonly Scalar[] };
  readonly place?: string;
  readonly key: string;

  constructor({ performed, by = 'humans', gross, where = {} }: EventSelector) {
    const tests = Object.entries(where).sort(([a], [b]) => (a < b ? -1 : 1));
    const plain = tests.find((test): test is [string, Scalar] => typeof test[1] !== 'object' && isPlain(test[0]));
    this.eventName = performed;
    this.isNet = nameFits(performed, PURCHASE) && !gross;
    this.by = by;
    if (plain) [this.path, this.value] = plain;
    this.checks = tests
      .filter((test) => test !== plain)
      .map(([path, test]) => ({ read: propertyReader(path), holds: compilePropertyTest(test) }));
    this.key = JSON.stringify([performed, by, this.isNet, tests]);
    const [wants] = tests.flatMap(([property, test]) => {
      const values = valuesWanted(test);
      return values ? [{ property, values }] : [];
    });
    if (!wants) return;
    this.wants = wants;
    const isOne = wants.values.length === 1 && typeof performed === 'string';
    if (isOne) this.place = JSON.stringify([performed, wants.property]);
  }

  selects(event: HistoryEvent): boolean {
    if (event.name !== this.eventName && (typeof this.eventName === 'string' || !nameFits(this.eventName, event.name)))
      return false;
    const { properties } = event;
    if (this.path !== undefined && properties[this.path] !== this.value) return false;
    for (let i = 0; i < this.checks.length; i++) {
      const { read, holds } = this.checks[i]!;
      if (!holds(read(properties))) return false;
    }
    return actsAs(properties.actor_class, this.by);
  }
}

/** Whether an event's name is the one asked for, or begins as asked for. */
export function nameFits(wanted: EventName, name: string): boolean {
  return typeof wanted === 'string' ? name === wanted : name.startsWith(wanted.startsWith);
}

/** The names of the events that must be at hand to apply the matcher. */
export function eventNamesOf(matcher: Matcher): readonly EventName[] {
  return matcher.isNet ? [matcher.eventName, ...PURCHASE_ENDINGS] : [matcher.eventName];
}

/** Whether an event can change what the matcher selects, by itself or by ending a purchase. */
export function touches(matcher: Matcher, event: HistoryEvent): boolean {
  if (matcher.selects(event)) return true;
  return matcher.isNet && canUndo(event);
}

/** Sources class clicks and opens in the property `actor_class`; an event without it is a human's. */
function actsAs(actor: unknown, choice: ActorChoice): boolean {
  switch (choice) {
    case 'humans':
      return actor !== 'machine';
    case 'strictHumans':
      return actor !== 'machine' && actor !== 'suspect';
    case 'machines':
      return actor === 'machine';
    case 'anyone':
      return true;
  }
}
