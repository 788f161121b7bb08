import type { HistoryEvent } from '../../src/core/history-event.js';
import type { EventSelector, FollowerStep, PerformedRule, PropertyOperators, Rule } from '../../src/core/rule.js';

/**
 * The meaning of a rule, written down a second time and as plainly as possible: no timelines, no windows kept, no code
 * of the core. Slow, and only for tests to compare with.
 */
export interface NaiveWorld {
  events: readonly HistoryEvent[];
  startsAt: (eventName: string) => number;
}

export type NaiveValue = 'true' | 'false' | 'pending' | 'insufficient';

export function naiveValue(rule: Rule, world: NaiveWorld, asOf: number): NaiveValue {
  if ('all' in rule)
    return worst(
      rule.all.map((one) => naiveValue(one, world, asOf)),
      'false',
      'true',
    );
  if ('any' in rule)
    return worst(
      rule.any.map((one) => naiveValue(one, world, asOf)),
      'true',
      'false',
    );
  if ('not' in rule) {
    const inner = naiveValue(rule.not, world, asOf);
    return inner === 'true' ? 'false' : inner === 'false' ? 'true' : inner;
  }
  const step = rule.followedBy ?? rule.notFollowedBy;
  return step ? naiveSequence(rule, step, world, asOf) : naiveCount(rule, world, asOf);
}

function worst(values: NaiveValue[], decisive: NaiveValue, otherwise: NaiveValue): NaiveValue {
  for (const candidate of [decisive, 'pending', 'insufficient'] as const) {
    if (values.some((value) => value === candidate)) return candidate;
  }
  return otherwise;
}

function naiveCount(rule: PerformedRule, world: NaiveWorld, asOf: number): NaiveValue {
  const width = ms(rule.within);
  const number = eventsOf(rule, world, asOf).filter((event) => asOf - event.occurredAt < width).length;
  const { atLeast = rule.count ? 0 : 1, atMost = Infinity, exactly } = rule.count ?? {};
  const fits = (n: number): boolean => (exactly === undefined ? n >= atLeast && n <= atMost : n === exactly);
  if (isCovered(rule, world, asOf)) return fits(number) ? 'true' : 'false';
  // Any number of further events may have happened before the data start: try more of them than any bound names.
  const possible = new Set(Array.from({ length: 30 }, (_, extra) => fits(number + extra)));
  return possible.size === 2 ? 'insufficient' : possible.has(true) ? 'true' : 'false';
}

function naiveSequence(rule: PerformedRule, step: FollowerStep, world: NaiveWorld, asOf: number): NaiveValue {
  const limit = ms(step.within);
  const values = eventsOf(rule, world, asOf)
    .filter((anchor) => asOf - anchor.occurredAt < ms(rule.within))
    .map((anchor): NaiveValue => {
      const isFollowed = eventsOf(step, world, asOf).some(
        (follower) =>
          follower.id !== anchor.id &&
          follower.occurredAt - anchor.occurredAt >= 0 &&
          follower.occurredAt - anchor.occurredAt < limit &&
          (step.same ?? []).every((name) => {
            const value = anchor.properties[name];
            return value !== undefined && value === follower.properties[name];
          }),
      );
      if (isFollowed) return rule.followedBy ? 'true' : 'false';
      if (anchor.occurredAt < world.startsAt(step.performed)) return 'insufficient';
      if (rule.followedBy) return 'false';
      return limit !== Infinity && asOf - anchor.occurredAt < limit ? 'pending' : 'true';
    });
  return worst([...values, isCovered(rule, world, asOf) ? 'false' : 'insufficient'], 'true', 'false');
}

function isCovered(rule: PerformedRule, world: NaiveWorld, asOf: number): boolean {
  const start = world.startsAt(rule.performed);
  return start === -Infinity || asOf - ms(rule.within) >= start;
}

/** The distinct events that have happened by then and still count. */
function eventsOf(selector: EventSelector, world: NaiveWorld, asOf: number): HistoryEvent[] {
  return world.events.filter(
    (event, index) =>
      world.events.findIndex((other) => other.id === event.id) === index &&
      event.name === selector.performed &&
      event.occurredAt <= asOf &&
      isBy(event, selector) &&
      Object.entries(selector.where ?? {}).every(([name, test]) => passes(event.properties[name], test)) &&
      (event.name !== 'purchase' || selector.gross === true || !isUndone(event, world, asOf)),
  );
}

function isBy(event: HistoryEvent, { by }: EventSelector): boolean {
  const actor = event.properties.actor_class;
  if (by === 'anyone') return true;
  if (by === 'machines') return actor === 'machine';
  return actor !== 'machine' && (by !== 'strictHumans' || actor !== 'suspect');
}

function passes(value: unknown, test: unknown): boolean {
  if (typeof test !== 'object' || test === null) return value === test;
  const operators = test as PropertyOperators;
  const text = typeof value === 'string' ? value : undefined;
  return (
    (!('equals' in operators) || value === operators.equals) &&
    (!('not' in operators) || value !== operators.not) &&
    (!operators.in || operators.in.some((one) => one === value)) &&
    (operators.exists === undefined || (value !== undefined) === operators.exists) &&
    (operators.contains === undefined || text?.includes(operators.contains) === true) &&
    (operators.startsWith === undefined || text?.startsWith(operators.startsWith) === true) &&
    (operators.endsWith === undefined || text?.endsWith(operators.endsWith) === true)
  );
}

/** Cancelled by then, or refunded in full: amounts of tests are whole cents. */
function isUndone(purchase: HistoryEvent, world: NaiveWorld, asOf: number): boolean {
  const about = world.events.filter(
    (event, index) =>
      world.events.findIndex((other) => other.id === event.id) === index &&
      event.occurredAt <= asOf &&
      event.properties.order_id === purchase.properties.order_id,
  );
  const cents = (text: unknown): number => Math.round(Number(text) * 100);
  const refunded = about
    .filter((event) => event.name === 'order_refunded')
    .reduce((sum, event) => sum + cents(event.properties.amount), 0);
  return (
    about.some((event) => event.name === 'order_cancelled') ||
    (refunded > 0 && refunded >= cents(purchase.properties.revenue))
  );
}

function ms(duration: string | undefined): number {
  if (duration === undefined) return Infinity;
  const units: Record<string, number> = { s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 };
  return Number.parseInt(duration, 10) * units[duration.at(-1)!]!;
}
