import type { Aggregate, Bounds, OneEvent, PerformedRule } from '../../src/core/rule.js';
import { kleene } from './naive-counting.js';
import {
  areOfOneOrder,
  countingNow,
  isComplete,
  isSameMoney,
  knownEvents,
  type NaiveOccurrence,
} from './naive-selection.js';
import { compared, naiveDecimal, naivePasses, naiveRead, times, total, type NaiveDecimal } from './naive-values.js';
import { ms, type NaiveValue, type NaiveWorld } from './naive-world.js';

/** `performed` without a sequence: how many, how much, or what the first or last of them is like. */
export function naivePerformed(rule: PerformedRule, world: NaiveWorld, asOf: number): NaiveValue {
  const counting = countingNow(rule, world, asOf);
  const complete = isComplete(rule, world, asOf);
  const { sum, min, max, avg, distinct, first, last } = rule;
  if (first) return naiveFirst(first, counting[0], complete, asOf);
  if (last) return naiveLast(last, counting.at(-1), complete, asOf);
  const net = (aggregate: Aggregate): NaiveOccurrence[] =>
    aggregate.property === 'revenue' && rule.gross !== true ? netOfRefunds(counting, world, asOf) : counting;
  if (sum) return naiveAggregate('sum', sum, net(sum), complete);
  if (min) return naiveAggregate('min', min, net(min), complete);
  if (max) return naiveAggregate('max', max, net(max), complete);
  if (avg) return naiveAggregate('avg', avg, net(avg), complete);
  const number = distinct ? numberOfValues(distinct.property, counting) : counting.length;
  const bounds = distinct ?? rule.count ?? { atLeast: 1 };
  return kleene({ true: number, pending: 0, insufficient: complete ? 0 : Infinity }, bounds);
}

/** Purchases with what is left of their revenue after the refunds of their orders so far. */
function netOfRefunds(counting: readonly NaiveOccurrence[], world: NaiveWorld, asOf: number): NaiveOccurrence[] {
  const refunds = knownEvents(world).filter((event) => event.name === 'order_refunded' && event.occurredAt <= asOf);
  return counting.map((one) => {
    const revenue = naiveDecimal(naiveRead(one.event.properties, 'revenue'));
    if (one.event.name !== 'purchase' || !revenue) return one;
    const amounts = refunds
      .filter((refund) => areOfOneOrder(refund, one.event) && isSameMoney(one.event, refund))
      .map((refund) => naiveDecimal(naiveRead(refund.properties, 'amount')) ?? total([]));
    const left = total([revenue, times(total(amounts), { units: -1n, places: 0 })]);
    return { ...one, event: { ...one.event, properties: { ...one.event.properties, revenue: textOf(left) } } };
  });
}

/** In the notation of money. */
function textOf({ units, places }: NaiveDecimal): string {
  const digits = String(units < 0n ? -units : units).padStart(places + 1, '0');
  const at = digits.length - places;
  return `${units < 0n ? '-' : ''}${digits.slice(0, at)}${places > 0 ? `.${digits.slice(at)}` : ''}`;
}

function numberOfValues(property: string, counting: readonly NaiveOccurrence[]): number {
  const values = counting.map(({ event }) => naiveRead(event.properties, property));
  return new Set(values.filter((value) => value !== undefined).map((value) => JSON.stringify(value))).size;
}

function isOlder(at: number, { olderThan }: OneEvent, asOf: number): boolean {
  return olderThan === undefined || asOf >= at + ms(olderThan);
}

function isYounger(at: number, { youngerThan }: OneEvent, asOf: number): boolean {
  return asOf < at + ms(youngerThan);
}

function isLike({ event, at }: NaiveOccurrence, one: OneEvent, asOf: number): boolean {
  const passes = Object.entries(one.where ?? {}).every(([path, test]) =>
    naivePasses(naiveRead(event.properties, path), test),
  );
  return passes && isOlder(at, one, asOf) && isYounger(at, one, asOf);
}

function naiveLast(one: OneEvent, last: NaiveOccurrence | undefined, complete: boolean, asOf: number): NaiveValue {
  if (!last) return complete ? 'false' : 'insufficient';
  return isLike(last, one, asOf) ? 'true' : 'false';
}

function naiveFirst(one: OneEvent, first: NaiveOccurrence | undefined, complete: boolean, asOf: number): NaiveValue {
  if (complete) return first && isLike(first, one, asOf) ? 'true' : 'false';
  if (!first) return 'insufficient';
  // The true first may be an unseen one, which then is older than the first that is seen.
  if (!isYounger(first.at, one, asOf)) return 'false';
  const isOnlyAboutAge = one.olderThan !== undefined && one.where === undefined && one.youngerThan === undefined;
  return isOnlyAboutAge && isOlder(first.at, one, asOf) ? 'true' : 'insufficient';
}

type AggregateKind = 'sum' | 'min' | 'max' | 'avg';

function naiveAggregate(
  kind: AggregateKind,
  aggregate: Aggregate,
  counting: readonly NaiveOccurrence[],
  complete: boolean,
): NaiveValue {
  const amounts = amountsOf(aggregate, counting);
  if (amounts === 'unclear') return 'insufficient';
  const value = aggregated(kind, amounts);
  const orders = ordersOf(aggregate, value, kind === 'avg' ? amounts.length : 1);
  if (complete) return value && orders.every(({ holds }) => holds) ? 'true' : 'false';
  if (!value || kind === 'avg' || (kind === 'sum' && amounts.some((amount) => amount.units < 0n)))
    return 'insufficient';
  // What is unseen can only raise a sum or a maximum, and only lower a minimum.
  const [safe, lost] = kind === 'min' ? [-1, 1] : [1, -1];
  if (orders.some(({ holds, side, order }) => !holds && (side === lost || (side === 0 && order * safe > 0)))) {
    return 'false';
  }
  return orders.every(({ holds, side }) => holds && side === safe) ? 'true' : 'insufficient';
}

/** The amounts in the aggregate's currency; unclear if one of them has no worth in it. */
function amountsOf(
  { property, currency, rates = {} }: Aggregate,
  counting: readonly NaiveOccurrence[],
): NaiveDecimal[] | 'unclear' {
  const usable = counting.flatMap(({ event }) => {
    const amount = naiveDecimal(naiveRead(event.properties, property));
    return amount ? [{ amount, in: naiveRead(event.properties, 'currency') }] : [];
  });
  if (currency === undefined && usable.some((one) => one.in !== usable[0]!.in)) return 'unclear';
  if (currency === undefined || currency === null) return usable.map((one) => one.amount);
  const converted = usable.map((one) => {
    if (one.in === currency) return one.amount;
    const rate = typeof one.in === 'string' && Object.hasOwn(rates, one.in) ? naiveDecimal(rates[one.in]) : undefined;
    return rate && times(one.amount, rate);
  });
  return converted.every((one) => one !== undefined) ? converted : 'unclear';
}

/** The aggregate's value, if there is one; of an average, the sum. */
function aggregated(kind: AggregateKind, amounts: readonly NaiveDecimal[]): NaiveDecimal | undefined {
  if (kind === 'sum') return total(amounts);
  if (kind === 'avg') return amounts.length > 0 ? total(amounts) : undefined;
  return [...amounts].sort(compared).at(kind === 'min' ? 0 : -1);
}

interface BoundOrder {
  /** 1 for a lower bound, -1 for an upper one, 0 for an exact one. */
  side: number;
  /** How the value compares with the bound. */
  order: number;
  holds: boolean;
}

const BOUND_KINDS = [
  { key: 'atLeast', side: 1, fits: (order: number): boolean => order >= 0 },
  { key: 'above', side: 1, fits: (order: number): boolean => order > 0 },
  { key: 'atMost', side: -1, fits: (order: number): boolean => order <= 0 },
  { key: 'below', side: -1, fits: (order: number): boolean => order < 0 },
  { key: 'exactly', side: 0, fits: (order: number): boolean => order === 0 },
] as const;

/** How a value, or a sum of so many, compares with each bound that is given. */
function ordersOf(bounds: Bounds, value: NaiveDecimal | undefined, number: number): BoundOrder[] {
  if (!value) return [];
  return BOUND_KINDS.flatMap(({ key, side, fits }) => {
    const bound = bounds[key];
    if (bound === undefined) return [];
    const order = compared(value, times(naiveDecimal(bound)!, { units: BigInt(number), places: 0 }));
    return [{ side, order, holds: fits(order) }];
  });
}
