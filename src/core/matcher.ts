import type { HistoryEvent } from './history-event.js';
import { PURCHASE, PURCHASE_ENDINGS } from './net-purchases.js';
import { readProperty } from './property.js';
import type { ActorChoice, EventSelector, PropertyOperators, PropertyTest, Scalar } from './rule.js';

/** Selects events by name, properties and actor. Equal selectors have equal keys, so that rules can share the work. */
export interface Matcher {
  key: string;
  eventName: string;
  /** Whether purchases end with their cancellation or full refund. */
  isNet: boolean;
  matches(event: HistoryEvent): boolean;
}

/** Compiles a selector once, for any number of evaluations. */
export function compileMatcher(selector: EventSelector): Matcher {
  const { performed, by = 'humans' } = selector;
  const tests = Object.entries(selector.where ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const compiled = tests.map(([path, test]) => ({ path, holds: compileTest(test) }));
  const isNet = performed === PURCHASE && !selector.gross;
  return {
    key: JSON.stringify([performed, by, isNet, tests]),
    eventName: performed,
    isNet,
    matches: (event) =>
      actsAs(event, by) && compiled.every(({ path, holds }) => holds(readProperty(event.properties, path))),
  };
}

/** The names of the events that must be at hand to apply the matcher. */
export function eventNamesOf(matcher: Matcher): readonly string[] {
  return matcher.isNet ? [matcher.eventName, ...PURCHASE_ENDINGS] : [matcher.eventName];
}

/** Whether an event can change what the matcher selects, by itself or by ending a purchase. */
export function touches(matcher: Matcher, event: HistoryEvent): boolean {
  if (event.name === matcher.eventName) return matcher.matches(event);
  return matcher.isNet && (PURCHASE_ENDINGS as readonly string[]).includes(event.name);
}

/** Sources class clicks and opens in the property `actor_class`; an event without it is a human's. */
function actsAs(event: HistoryEvent, choice: ActorChoice): boolean {
  const actor = readProperty(event.properties, 'actor_class');
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

type ValueTest = (value: unknown) => boolean;

function compileTest(test: PropertyTest): ValueTest {
  if (typeof test !== 'object' || test === null) return (value) => value === test;
  const parts = (Object.keys(test) as (keyof PropertyOperators)[]).map((name) => OPERATORS[name](test[name] as never));
  return (value) => parts.every((holds) => holds(value));
}

const text = (holds: (value: string) => boolean): ValueTest => {
  return (value) => typeof value === 'string' && holds(value);
};

/** A missing property equals nothing, is not anything (`not` holds), and only `exists: false` finds it. */
const OPERATORS: {
  [Name in keyof Required<PropertyOperators>]: (operand: NonNullable<PropertyOperators[Name]>) => ValueTest;
} = {
  equals: (operand: Scalar) => (value) => value === operand,
  not: (operand: Scalar) => (value) => value !== operand,
  in: (operands) => {
    const wanted = new Set<unknown>(operands);
    return (value) => wanted.has(value);
  },
  exists: (wanted) => (value) => (value !== undefined) === wanted,
  contains: (part) => (value) => (Array.isArray(value) ? value.includes(part) : text((v) => v.includes(part))(value)),
  startsWith: (part) => text((value) => value.startsWith(part)),
  endsWith: (part) => text((value) => value.endsWith(part)),
};
