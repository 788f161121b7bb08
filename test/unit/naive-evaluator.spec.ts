import type { HistoryEvent } from '../../src/core/history-event.js';
import type { Rule } from '../../src/core/rule.js';
import { anniversaryIn, periodStart } from '../support/naive-calendar.js';
import { kleene } from '../support/naive-counting.js';
import { naiveValue } from '../support/naive-evaluator.js';
import { naiveMurmur3 } from '../support/naive-hash.js';
import { changeInstants } from '../support/naive-instants.js';
import { compared, naiveDate, naiveDecimal, naivePasses, naiveRead, total } from '../support/naive-values.js';
import { worldOf, type NaiveWorld } from '../support/naive-world.js';

// The oracle's own test: each line is worked out by hand from the meaning of the language. Events are named by letters
// and happen at seconds.
const S = 1_000;
let number = 0;

function at(second: number, name: string, properties: Record<string, unknown> = {}, id?: string): HistoryEvent {
  return { id: id ?? `e${++number}`, name, occurredAt: second * S, properties };
}

/** The values from the first instant on, each with the second (or millisecond, as a fraction) at which it begins. */
function values(rule: Rule, events: HistoryEvent[], rest: Partial<NaiveWorld> = {}, from = -1): string {
  const world = worldOf(events, rest);
  let last = '';
  return [from * S, ...changeInstants(rule, world, (from - 9) * S, (from + 99 * 86_400) * S)]
    .filter((one) => one >= from * S)
    .flatMap((one) => [one - 1, one])
    .filter((one) => one >= from * S)
    .flatMap((one) => {
      const value = naiveValue(rule, world, one);
      if (value === last) return [];
      last = value;
      return [`${one / S} ${value}`];
    })
    .join(', ');
}

const since =
  (starts: Record<string, number>) =>
  (name: unknown): number =>
    starts[name as string] === undefined ? -Infinity : starts[name as string]! * S;

describe('the naive evaluator', () => {
  it('lets an event count in its window only', () => {
    const events = [at(0, 'a')];
    expect(values({ performed: 'a' }, events)).toBe('-1 false, 0 true');
    expect(values({ performed: 'a', within: '2s' }, events)).toBe('-1 false, 0 true, 2 false');
    expect(values({ performed: 'a', before: '2s' }, events)).toBe('-1 false, 2 true');
    expect(values({ performed: 'a', within: '3s', before: '2s' }, events)).toBe('-1 false, 2 true, 3 false');
    expect(values({ performed: 'a', between: ['1970-01-01', null] }, events)).toBe('-1 false, 0 true');
    expect(values({ performed: 'a', between: [null, '1970-01-01'] }, events)).toBe('-1 false');
  });

  it('counts by the calendar', () => {
    const monday = Date.UTC(2026, 2, 30) / S; // the day after clocks went forward in Berlin; 22:00 UTC is its midnight
    const events = [at(monday - 2 * 3_600 - 1, 'a')];
    const zone = { timeZone: 'Europe/Berlin' };
    const midnight = monday - 7_200;
    const value = (calendar: object): string =>
      values({ performed: 'a', calendar: { ...zone, ...calendar } } as Rule, events, {}, midnight - 10);
    expect(value({ unit: 'day', current: true })).toBe(
      `${midnight - 10} false, ${midnight - 1} true, ${midnight} false`,
    );
    expect(value({ unit: 'day', last: 1 })).toBe(
      `${midnight - 10} false, ${midnight} true, ${midnight + 86_400} false`,
    );
    expect(value({ unit: 'week', last: 1, current: true })).toBe(
      `${midnight - 10} false, ${midnight - 1} true, ${midnight + 7 * 86_400} false`,
    );
    expect(periodStart('Europe/Berlin', midnight * S, 'quarter', 0)).toBe(Date.UTC(2025, 11, 31, 23));
    expect(periodStart('UTC', midnight * S, 'year', 1)).toBe(Date.UTC(2027, 0));
  });

  it('begins a day at its first instant, whatever the zone does at midnight', () => {
    const start = (zone: string, utc: string): string =>
      new Date(periodStart(zone, Date.parse(utc), 'day', 0)).toISOString();
    expect(start('America/Sao_Paulo', '2018-11-04T12:00Z')).toBe('2018-11-04T03:00:00.000Z');
    expect(start('America/Havana', '2025-11-02T12:00Z')).toBe('2025-11-02T04:00:00.000Z');
    expect(start('Pacific/Apia', '2011-12-30T12:00Z')).toBe('2011-12-30T10:00:00.000Z');
    const skipped = periodStart('Pacific/Apia', Date.parse('2011-12-29T12:00Z'), 'day', 1);
    expect(new Date(skipped).toISOString()).toBe('2011-12-30T10:00:00.000Z');
    expect(periodStart('Pacific/Apia', Date.parse('2011-12-29T12:00Z'), 'day', 2)).toBe(skipped);
  });

  it('knows nothing certain of a window that reaches back too far', () => {
    const startsAt = since({ a: 5 });
    expect(values({ performed: 'a', within: '2s' }, [], { startsAt })).toBe('-1 insufficient, 7 false');
    expect(values({ performed: 'a' }, [at(6, 'a')], { startsAt })).toBe('-1 insufficient, 6 true');
    expect(values({ performed: 'a', count: { atMost: 0 } }, [at(6, 'a')], { startsAt })).toBe(
      '-1 insufficient, 6 false',
    );
    expect(values({ performed: 'a', between: ['1970-01-01T00:00:05Z', null] }, [], { startsAt })).toBe('-1 false');
    expect(values({ performed: 'a', between: ['1970-01-01T00:00:04Z', null] }, [], { startsAt })).toBe(
      '-1 insufficient',
    );
    const day = { unit: 'day', timeZone: 'UTC', last: 1 } as const;
    expect(values({ performed: 'a', calendar: day }, [], { startsAt })).toBe('-1 insufficient, 172800 false');
  });

  it('ends purchases with their cancellation or full refund', () => {
    const order = (revenue: unknown): object => ({ order_id: 7, revenue });
    const refund = (second: number, amount: unknown): HistoryEvent =>
      at(second, 'order_refunded', { order_id: '7', amount });
    const bought = at(0, 'purchase', { ...order('10.00') });
    const rule: Rule = { performed: 'purchase' };
    expect(values(rule, [bought, refund(1, '5'), refund(2, 'x'), refund(3, 5)])).toBe('-1 false, 0 true, 3 false');
    expect(values(rule, [bought, at(2, 'order_cancelled', { order_id: '7' })])).toBe('-1 false, 0 true, 2 false');
    expect(values({ ...rule, gross: true }, [bought, refund(1, '10')])).toBe('-1 false, 0 true');
    expect(values({ performed: { startsWith: 'pur' } }, [bought, refund(1, '10')])).toBe('-1 false, 0 true, 1 false');
    expect(values(rule, [bought, refund(-1, '10')])).toBe('-1 false');
    expect(values(rule, [bought, at(1, 'purchase', { ...order('12') }), refund(2, 10)])).toBe('-1 false, 0 true');
  });

  it('reads and tests properties', () => {
    expect(naiveRead({ 'o.k': 1, o: { k: 2 } }, 'o.k')).toBe(1);
    expect(naiveRead({ o: { k: [3] } }, 'o.k.0')).toBe(3);
    expect(naiveRead({ o: 'text' }, 'o.0')).toBe(undefined);
    expect(naiveRead({}, 'toString')).toBe(undefined);
    expect(naivePasses(undefined, { not: 'a', notIn: ['a'], exists: false })).toBe(true);
    expect(naivePasses(null, { exists: true, equals: null })).toBe(true);
    expect(naivePasses('7', 7)).toBe(false);
    expect(naivePasses(['a', 7], { contains: 7 })).toBe(true);
    expect(naivePasses('a7', { contains: 7 })).toBe(false);
    expect(naivePasses('0.10', { atLeast: 0.1, atMost: '0.1' })).toBe(true);
    expect(naivePasses('1e3', { above: 0 })).toBe(false);
    expect(naivePasses(1e21, { exactly: 0, above: '999999999999999999999' } as never)).toBe(true);
    expect(naivePasses(1_772_323_200, { onOrAfter: '2026-03-01', before: '2026-03-01T00:00:00.001Z' })).toBe(true);
  });

  it('knows decimals and dates', () => {
    expect(compared(naiveDecimal(1e-7)!, naiveDecimal('0.0000001')!)).toBe(0);
    expect(compared(naiveDecimal('-2.5')!, naiveDecimal(-2.49)!)).toBe(-1);
    expect(total(['0.1', 0.2, '-5'].map((one) => naiveDecimal(one)!))).toEqual({ units: -47n, places: 1 });
    expect([NaN, Infinity, '1.', '.5', '1e3', '', null].map(naiveDecimal)).toEqual(Array(7).fill(undefined));
    expect(naiveDate('1970-01-02')).toBe(86_400_000);
    expect(naiveDate('1970-01-01T01:00:00.1239+01:00')).toBe(123);
    expect(naiveDate(1.5)).toBe(1_500);
    expect(naiveDate(-1e11)).toBe(-1e11);
    expect(
      ['2026-02-30', '2026-03-01T24:00Z', '2026-03-01T00:00', '2026-03-01T00:00:60Z', true].map(naiveDate),
    ).toEqual(Array(5).fill(undefined));
  });

  it('counts as Kleene would', () => {
    const some = { true: 1, pending: 1, insufficient: 1 };
    expect(kleene(some, { atLeast: 1 })).toBe('true');
    expect(kleene(some, { atLeast: 4 })).toBe('false');
    expect(kleene(some, { atLeast: 2 })).toBe('pending');
    expect(kleene(some, { exactly: 2 })).toBe('insufficient');
    expect(kleene({ ...some, insufficient: Infinity }, { atMost: 1 })).toBe('pending');
    expect(kleene({ ...some, pending: 0, insufficient: Infinity }, { atMost: 0 })).toBe('false');
  });

  it('adds up, exactly and in one currency', () => {
    const sold = (second: number, value: unknown, currency?: string): HistoryEvent =>
      at(second, 'a', { v: value, ...(currency === undefined ? {} : { currency }) });
    const sum = (aggregate: object, events: HistoryEvent[], rest: Partial<NaiveWorld> = {}): string =>
      values({ performed: 'a', within: '9s', sum: { property: 'v', ...aggregate } }, events, rest);
    expect(sum({ exactly: '0.3' }, [sold(0, 0.1), sold(1, '0.2'), sold(2, 'x')])).toBe('-1 false, 1 true, 9 false');
    expect(sum({ atMost: 0 }, [])).toBe('-1 true');
    expect(sum({ atLeast: 1 }, [sold(0, 1, 'EUR'), sold(1, 1)])).toBe(
      '-1 false, 0 true, 1 insufficient, 9 true, 10 false',
    );
    const euros = { currency: 'EUR', rates: { USD: '0.5' } };
    expect(sum({ ...euros, atLeast: 2 }, [sold(0, 1, 'EUR'), sold(1, 2, 'USD')])).toBe('-1 false, 1 true, 9 false');
    expect(sum({ ...euros, atLeast: 1 }, [sold(0, 1, 'GBP')])).toBe('-1 false, 0 insufficient, 9 false');
    const startsAt = since({ a: 0 });
    expect(sum({ atLeast: 2 }, [sold(1, 2)], { startsAt })).toBe('-1 insufficient, 1 true, 10 false');
    expect(sum({ below: 2 }, [sold(1, 2)], { startsAt })).toBe('-1 insufficient, 1 false, 10 true');
    expect(sum({ atLeast: -9 }, [sold(1, -1)], { startsAt })).toBe('-1 true, 1 insufficient, 9 true');
  });

  it('knows least, most, average and different values', () => {
    const events = [at(0, 'a', { v: 1 }), at(1, 'a', { v: '4' }), at(2, 'a', { v: null })];
    const rule = (rest: object): Rule => ({ performed: 'a', ...rest });
    expect(values(rule({ min: { property: 'v', below: 2 } }), events)).toBe('-1 false, 0 true');
    expect(values(rule({ max: { property: 'v', above: 3 } }), events)).toBe('-1 false, 1 true');
    expect(values(rule({ avg: { property: 'v', exactly: 2.5 } }), events)).toBe('-1 false, 1 true');
    expect(values(rule({ distinct: { property: 'v', atLeast: 3 } }), events)).toBe('-1 false, 2 true');
    const startsAt = since({ a: 0 });
    expect(values(rule({ min: { property: 'v', below: 2 } }), events, { startsAt })).toBe('-1 insufficient, 0 true');
    expect(values(rule({ min: { property: 'v', above: 2 } }), events, { startsAt })).toBe('-1 insufficient, 0 false');
    expect(values(rule({ max: { property: 'v', exactly: 2 } }), events, { startsAt })).toBe('-1 insufficient, 1 false');
  });

  it('looks at the first and the last event', () => {
    const events = [at(0, 'a', { x: 1 }), at(1, 'a', { x: 2 })];
    expect(values({ performed: 'a', within: '5s', first: { where: { x: 2 } } }, events)).toBe(
      '-1 false, 5 true, 6 false',
    );
    expect(values({ performed: 'a', last: { olderThan: '3s' } }, events)).toBe('-1 false, 4 true');
    const startsAt = since({ a: 0 });
    expect(values({ performed: 'a', first: { youngerThan: '3s' } }, events, { startsAt })).toBe(
      '-1 insufficient, 3 false',
    );
    expect(values({ performed: 'a', first: { olderThan: '3s' } }, events, { startsAt })).toBe(
      '-1 insufficient, 3 true',
    );
  });

  it('follows events, through chains', () => {
    const a = at(0, 'a', { k: 1 });
    const step = { performed: 'b', within: '3s' };
    expect(values({ performed: 'a', notFollowedBy: step }, [a])).toBe('-1 false, 0 pending, 3 true');
    expect(values({ performed: 'a', followedBy: step }, [a, at(3, 'b')])).toBe('-1 false');
    expect(values({ performed: 'a', followedBy: { ...step, same: ['k'] } }, [a, at(2, 'b', { k: 1 })])).toBe(
      '-1 false, 2 true',
    );
    const dropped = { ...step, notFollowedBy: { performed: 'c', within: '2s' } };
    expect(values({ performed: 'a', followedBy: dropped }, [a, at(1, 'b')])).toBe('-1 false, 1 pending, 3 true');
    expect(
      values({ performed: 'a', notFollowedBy: { ...step, followedBy: { performed: 'c' } } }, [a, at(1, 'b')]),
    ).toBe('-1 false, 0 pending, 1 true');
    expect(values({ performed: 'a', followedBy: step }, [a], { startsAt: since({ b: 1 }) })).toBe(
      '-1 false, 0 insufficient',
    );
    expect(
      values({ performed: 'a', anchor: 'last', followedBy: { performed: 'b' } }, [a, at(1, 'b'), at(2, 'a')]),
    ).toBe('-1 false, 1 true, 2 false');
    expect(values({ performed: 'a', count: { exactly: 0 }, notFollowedBy: step }, [a])).toBe(
      '-1 true, 0 pending, 3 false',
    );
  });

  it('reads attributes as they are', () => {
    const events = [
      at(0, 'identify', { plan: 'x' }),
      at(1, 'identify', { other: 1 }),
      at(2, 'identify', { plan: 'y' }),
    ];
    expect(values({ attribute: 'plan', equals: 'x' }, events)).toBe('-1 false, 0 true, 2 false');
    expect(values({ attribute: 'plan', exists: false }, events)).toBe('-1 true, 0 false');
    expect(values({ attribute: 'plan', exists: false }, events, { startsAt: since({ identify: -9 }) })).toBe(
      '-1 insufficient, 0 false',
    );
    expect(values({ attribute: 'plan', equals: 'x', for: '1s' }, events)).toBe('-1 false, 1 true, 2 false');
    expect(values({ attribute: 'plan', equals: 'x', for: '2s' }, events)).toBe('-1 false');
  });

  it('compares dates with the present', () => {
    const events = [at(-20, 'identify', { d: '1970-01-01' })];
    const value = (rest: object): string => values({ attribute: 'd', ...rest }, events, {}, -10);
    expect(value({ withinLast: '2s' })).toBe('-10 false, 0 true, 2 false');
    expect(value({ olderThan: '2s' })).toBe('-10 false, 2 true');
    expect(value({ withinNext: '2s' })).toBe('-10 false, -2 true, 0 false');
    expect(value({ furtherThan: '2s' })).toBe('-10 true, -2 false');
  });

  it('knows anniversaries', () => {
    const day = (value: unknown, zone: string, year: number): string[] =>
      (anniversaryIn(value, zone, year) ?? []).map((one) => new Date(one).toISOString());
    expect(day('2024-02-29', 'UTC', 2025)).toEqual(['2025-02-28T00:00:00.000Z', '2025-03-01T00:00:00.000Z']);
    expect(day('2024-02-29', 'UTC', 2028)).toEqual(['2028-02-29T00:00:00.000Z', '2028-03-01T00:00:00.000Z']);
    expect(day('2024-02-29', 'UTC', 2024)).toEqual([]);
    expect(day('2020-03-28T23:30:00Z', 'Europe/Berlin', 2026)).toEqual([
      '2026-03-28T23:00:00.000Z',
      '2026-03-29T22:00:00.000Z',
    ]);
    const events = [at(0, 'identify', { born: '1969-01-02' })];
    const rule: Rule = { attribute: 'born', anniversary: { timeZone: 'UTC', within: '1h' } };
    expect(values(rule, events).split(', ').slice(0, 3)).toEqual(['-1 false', '82800 true', '172800 false']);
  });

  it('puts segments in their place, and bears in mind how long they have been true', () => {
    const segments: Record<string, Rule> = { s: { performed: 'a', within: '5s' } };
    const events = [at(0, 'a'), at(4, 'a'), at(20, 'a')];
    expect(values({ segment: 's' }, events, { segments })).toBe('-1 false, 0 true, 9 false, 20 true, 25 false');
    expect(values({ segment: 's', for: '6s' }, events, { segments })).toBe('-1 false, 6 true, 9 false');
    expect(values({ segment: 's', for: '6s' }, events, { segments, startsAt: since({ a: 0 }) })).toBe(
      '-1 insufficient, 6 true, 9 false',
    );
  });

  it('draws profiles by lot', () => {
    // Published values of MurmurHash3_x86_32 with seed 0.
    expect(naiveMurmur3('')).toBe(0);
    expect(naiveMurmur3('test')).toBe(0xba6bd213);
    expect(naiveMurmur3('Hello, world!')).toBe(0xc0363e43);
    expect(naiveMurmur3('The quick brown fox jumps over the lazy dog')).toBe(0x2e4ff723);
    expect(naiveValue({ bucket: { seed: 's', from: 0, to: 100 } }, worldOf([]), 0)).toBe('true');
  });

  it('takes the first of what has one id, and combines', () => {
    const events = [at(0, 'a', { x: 1 }, 'one'), at(0, 'a', { x: 2 }, 'one')];
    const [one, two]: Rule[] = [
      { performed: 'a', where: { x: 1 } },
      { performed: 'a', where: { x: 2 } },
    ] as [Rule, Rule];
    expect(values({ all: [one, { not: two }, { everyone: true }] }, events)).toBe('-1 false, 0 true');
    expect(values({ any: [one, two] }, events)).toBe('-1 false, 0 true');
    expect(values({ atLeast: 2, of: [one, two, { everyone: true }] }, events)).toBe('-1 false, 0 true');
  });
});
