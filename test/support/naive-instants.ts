import type { AttributeRule, PerformedRule, Rule } from '../../src/core/rule.js';
import { anniversaryIn, periodStart } from './naive-calendar.js';
import { statements } from './naive-attribute.js';
import { knownEvents } from './naive-selection.js';
import { naiveDate, naiveRead } from './naive-values.js';
import { ms, remembered, type NaiveWorld } from './naive-world.js';

const DURATION = /^\d+[smhdw]$/;

/** Anniversaries have no end: they are found in these years only. */
type Years = readonly [first: number, last: number];

/**
 * Every instant between two at which a rule's value can change, and many at which it can't: found generously, with no
 * thought of how the rule is judged. What lasts, or is looked forward to, may do so for two years at most.
 */
export function changeInstants(rule: Rule, world: NaiveWorld, from: number, to: number): number[] {
  const years: Years = [new Date(from).getUTCFullYear() - 2, new Date(to).getUTCFullYear() + 3];
  const known = found(rule, world);
  const key = years.join();
  if (!known.has(key)) known.set(key, inOrder(instantsOf(rule, world, years)));
  return known.get(key)!.filter((at) => from <= at && at <= to);
}

const found = remembered((_rule: Rule, _world: NaiveWorld) => new Map<string, number[]>());

function inOrder(instants: readonly number[]): number[] {
  return [...new Set(instants)].sort((a, b) => a - b);
}

function instantsOf(rule: Rule, world: NaiveWorld, years: Years): readonly number[] {
  const all = (rules: Rule[]): number[] => rules.flatMap((one) => instantsOf(one, world, years));
  if ('performed' in rule) return performedInstants(rule, world);
  if ('attribute' in rule) return sustained(attributeInstants(rule, world, years), rule.for);
  if ('all' in rule) return all(rule.all);
  if ('any' in rule) return all(rule.any);
  if ('of' in rule) return all(rule.of);
  if ('not' in rule) return instantsOf(rule.not, world, years);
  if ('segment' in rule) return sustained(instantsOf(world.segments[rule.segment]!, world, years), rule.for);
  return [];
}

function sustained(instants: readonly number[], duration: string | undefined): readonly number[] {
  return duration === undefined ? instants : [...instants, ...instants.map((at) => at + ms(duration))];
}

/** Every duration that stands anywhere in a part of a rule. */
function durationsIn(part: unknown): number[] {
  if (typeof part === 'string') return DURATION.test(part) ? [ms(part)] : [];
  return typeof part === 'object' && part !== null ? Object.values(part).flatMap(durationsIn) : [];
}

function performedInstants(rule: PerformedRule, world: NaiveWorld): number[] {
  const start = world.startsAt(rule.performed);
  const marks = [...knownEvents(world).map((event) => event.occurredAt), start].filter(Number.isFinite);
  const instants = [0, ...durationsIn(rule)].flatMap((span) => marks.map((at) => at + span));
  if (!rule.calendar) return instants;
  const { unit, timeZone, last = 0 } = rule.calendar;
  const counts = [...new Set([0, 1, 2, last, last + 1, last + 2])];
  return [...instants, ...marks.flatMap((at) => counts.map((count) => periodStart(timeZone, at, unit, count)))];
}

function attributeInstants(rule: AttributeRule, world: NaiveWorld, years: Years): number[] {
  const said = statements(rule, world);
  const values = said.map((event) => naiveRead(event.properties, rule.attribute));
  const spans = durationsIn(rule);
  const dated = values
    .map((value) => naiveDate(value))
    .filter((date) => date !== undefined)
    .flatMap((date) => [date, ...spans.flatMap((span) => [date - span, date + span])]);
  return [...said.map((event) => event.occurredAt), ...dated, ...anniversaries(rule, values, years)];
}

function anniversaries({ anniversary }: AttributeRule, values: readonly unknown[], [first, last]: Years): number[] {
  if (!anniversary) return [];
  const { timeZone, within } = anniversary;
  const years = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  return values.flatMap((value) =>
    years.flatMap((year) => {
      const day = anniversaryIn(value, timeZone, year);
      return day ? [...day, day[0] - (within === undefined ? 0 : ms(within))] : [];
    }),
  );
}
