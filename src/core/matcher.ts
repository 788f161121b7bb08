import type { HistoryEvent } from './history-event.js';
import { PURCHASE, PURCHASE_ENDINGS } from './net-purchases.js';
import { propertyReader } from './property.js';
import { compilePropertyTest, valuesWanted } from './property-test.js';
import type { ActorChoice, EventName, EventSelector, Scalar } from './rule.js';

/** Selects events by name, properties and actor. Equal selectors have equal keys, so that rules can share the work. */
export interface Matcher {
  key: string;
  eventName: EventName;
  /** Whether purchases end with their cancellation or full refund. */
  isNet: boolean;
  /** What an event of the name must be like. */
  matches(event: HistoryEvent): boolean;
  /** A property that must have one of these values, where there is one: for finding rules by event, and events by rule. */
  wants?: { property: string; values: readonly Scalar[] };
  /** The name and the property wanted, where there is exactly one value; events in one place are grouped once. */
  place?: string;
}

/** Compiles a selector once, for any number of evaluations. */
export function compileMatcher(selector: EventSelector): Matcher {
  const { performed, by = 'humans' } = selector;
  const tests = Object.entries(selector.where ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const compiled = tests.map(([path, test]) => ({ read: propertyReader(path), holds: compilePropertyTest(test) }));
  const isNet = nameFits(performed, PURCHASE) && !selector.gross;
  const wanted = tests.flatMap(([property, test]) => {
    const values = valuesWanted(test);
    return values ? [{ property, values }] : [];
  })[0];
  return {
    key: JSON.stringify([performed, by, isNet, tests]),
    eventName: performed,
    isNet,
    matches: (event) => {
      for (let i = 0; i < compiled.length; i++) {
        const { read, holds } = compiled[i]!;
        if (!holds(read(event.properties))) return false;
      }
      return actsAs(event, by);
    },
    ...(wanted && { wants: wanted }),
    ...(wanted?.values.length === 1 &&
      typeof performed === 'string' && { place: JSON.stringify([performed, wanted.property]) }),
  };
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
  if (nameFits(matcher.eventName, event.name) && matcher.matches(event)) return true;
  return matcher.isNet && (PURCHASE_ENDINGS as readonly string[]).includes(event.name);
}

const actorOf = propertyReader('actor_class');

/** Sources class clicks and opens in the property `actor_class`; an event without it is a human's. */
function actsAs(event: HistoryEvent, choice: ActorChoice): boolean {
  switch (choice) {
    case 'humans':
      return actorOf(event.properties) !== 'machine';
    case 'strictHumans': {
      const actor = actorOf(event.properties);
      return actor !== 'machine' && actor !== 'suspect';
    }
    case 'machines':
      return actorOf(event.properties) === 'machine';
    case 'anyone':
      return true;
  }
}
