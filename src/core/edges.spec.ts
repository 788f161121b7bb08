import { DAY, event, plan, RETENTION } from '../../test/support/builders.js';
import { longestInDays } from './calendar.js';
import { evaluate } from './evaluate.js';
import { History } from './history.js';
import { parseRule } from './parse-rule.js';
import type { CalendarUnit } from './rule.js';
import { stablePlace } from './stable-place.js';
import { TouchIndex } from './touch-index.js';

const many = <T>(number: number, make: (index: number) => T): T[] => Array.from({ length: number }, (_, i) => make(i));
const named = <T>(number: number, value: T): Record<string, T> =>
  Object.fromEntries(many(number, (i) => [`n${i}`, value]));
const click = (fields: object): object => ({ performed: 'click', ...fields });
const chain = (steps: number): object => (steps === 0 ? {} : { followedBy: { performed: 'x', ...chain(steps - 1) } });
const nested = (levels: number): object => (levels === 1 ? { everyone: true } : { not: nested(levels - 1) });
const rates = (number: number): object =>
  click({ sum: { property: 'revenue', currency: 'EUR', rates: named(number, 1), atLeast: 1 } });
const bucket = (from: number, to: number): object => ({ bucket: { seed: 's', from, to } });

function isRight(rule: unknown, retention = RETENTION): boolean {
  return parseRule(rule, retention).ok;
}

describe('the last value that is right, and the first that is not', () => {
  it.each<[string, object, object]>([
    ['conditions in one', { all: many(100, () => click({})) }, { all: many(101, () => click({})) }],
    [
      'conditions in all',
      { all: [{ any: many(98, () => click({})) }, { any: many(99, () => click({})) }] },
      { all: [{ any: many(99, () => click({})) }, { any: many(99, () => click({})) }] },
    ],
    ['levels', nested(12), nested(13)],
    ['events in a row', click(chain(4)), click(chain(5))],
    ['tests of properties', click({ where: named(50, 1) }), click({ where: named(51, 1) })],
    [
      'values of a list',
      click({ where: { x: { in: many(500, (i) => i) } } }),
      click({ where: { x: { in: many(501, (i) => i) } } }),
    ],
    [
      'shared properties',
      click({ followedBy: { performed: 'x', same: many(10, (i) => `p${i}`) } }),
      click({
        followedBy: { performed: 'x', same: many(11, (i) => `p${i}`) },
      }),
    ],
    ['rates', rates(200), rates(201)],
    ['letters of a value', click({ where: { x: 'y'.repeat(500) } }), click({ where: { x: 'y'.repeat(501) } })],
    ['letters of a name', { performed: 'y'.repeat(500) }, { performed: 'y'.repeat(501) }],
    ['letters of a property', click({ where: { ['y'.repeat(500)]: 1 } }), click({ where: { ['y'.repeat(501)]: 1 } })],
    ['a short name', { performed: 'y' }, { performed: '' }],
    ['a short property', click({ where: { y: 1 } }), click({ where: { '': 1 } })],
    ['times', click({ count: { atLeast: 10_000 } }), click({ count: { atLeast: 10_001 } })],
    ['no times', click({ count: { atMost: 0 } }), click({ count: { atMost: -1 } })],
    ['whole times', click({ count: { atMost: 1 } }), click({ count: { atMost: 1.5 } })],
    ['the beginning of a share', bucket(0, 1), bucket(-0.1, 1)],
    ['the end of a share', bucket(99, 100), bucket(99, 100.1)],
    ['a window', click({ within: '400d' }), click({ within: `${400 * 24 + 1}h` })],
    ['a duration', click({ within: '1s' }), click({ within: '0s' })],
    ['an age', { attribute: 'x', olderThan: '36525d' }, { attribute: 'x', olderThan: '36526d' }],
    ['of a kind', { atLeast: 1, of: [{ everyone: true }] }, { atLeast: 0, of: [{ everyone: true }] }],
    ['of all', { atLeast: 2, of: many(2, () => click({})) }, { atLeast: 3, of: many(2, () => click({})) }],
    ['a "before"', click({ within: '2s', before: '1s' }), click({ within: '2s', before: '2s' })],
    [
      'instants',
      click({ between: ['2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z'] }),
      click({
        between: ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'],
      }),
    ],
    [
      'ages',
      click({ last: { olderThan: '1s', youngerThan: '2s' } }),
      click({
        last: { olderThan: '2s', youngerThan: '2s' },
      }),
    ],
  ])('%s', (_what, right, wrong) => {
    expect([isRight(right), isRight(wrong)]).toEqual([true, false]);
  });

  it.each<[CalendarUnit, number, number]>([
    ['day', 1, 1],
    ['day', 10, 10],
    ['week', 3, 21],
    ['month', 1, 33],
    ['month', 12, 368],
    ['quarter', 2, 185],
    ['year', 1, 367],
  ])('a calendar window of %ss: %i of them take at most %i days', (unit, periods, days) => {
    expect(longestInDays(unit, periods)).toBe(days);
    const window = { unit, timeZone: 'Europe/Berlin', ...(periods === 1 ? { current: true } : { last: periods - 1 }) };
    expect(isRight(click({ calendar: window }), days * DAY)).toBe(true);
    expect(isRight(click({ calendar: window }), days * DAY - 1)).toBe(false);
  });
});

it('a calendar window that is too long is told how long it is', () => {
  const calendar = { unit: 'month', timeZone: 'UTC', last: 13 };
  const parsed = parseRule(click({ calendar }), RETENTION);
  expect(parsed).toMatchObject({
    problems: [{ pointer: '/calendar', problem: 'it may look back over 429 days', expected: 'at most 400 days' }],
  });
});

it('a rule needs as much history as the part that looks back furthest, and no kinds of events that it does not name', () => {
  const all = plan({ all: [click({ within: '5d' }), click({ within: '30d' }), { attribute: 'x', equals: 1 }] });
  expect(all).toMatchObject({ lookback: Infinity, eventNames: ['click', 'identify'] });
  expect(plan({ any: [click({ within: '30d' }), click({ within: '5d' })] }).lookback).toBe(30 * DAY);
});

it('a share begins with the place at its edge, and ends before it', () => {
  const place = stablePlace('s', 'somebody');
  const isIn = (from: number, to: number): boolean =>
    evaluate(plan(bucket(from, to)), History.of([], { profile: 'somebody' }), 0).isMember;
  expect([isIn(place, 100), isIn(0, place)]).toEqual([true, false]);
});

it('events of several beginnings touch the rules about theirs', () => {
  const rule = (startsWith: string) => [startsWith, plan({ performed: { startsWith } })] as const;
  const index = new TouchIndex([rule('email_'), rule('push_'), rule('em')]);
  expect([...index.touchedBy(event('push_sent', 0))]).toEqual(['push_']);
  expect([...index.touchedBy(event('email_sent', 0))].sort()).toEqual(['em', 'email_']);
  expect([...index.touchedBy(event('sms_sent', 0))]).toEqual([]);
});

it('what ends a purchase touches the rules about purchases, whatever they ask of these', () => {
  const index = new TouchIndex([
    ['dear', plan({ performed: 'purchase', where: { product: 'P1' } })],
    ['other', plan({ performed: 'click' })],
  ]);
  expect([...index.touchedBy(event('order_cancelled', 0, { order_id: 'o1' }))]).toEqual(['dear']);
  expect([...index.touchedBy(event('order_refunded', 0, { order_id: 'o1' }))]).toEqual(['dear']);
});

describe('what must not be missing', () => {
  it.each<[object, object]>([
    [{ performed: { startsWith: 'c' } }, { performed: {} }],
    [click({ sum: { property: 'x', atLeast: 1 } }), click({ sum: { atLeast: 1 } })],
    [click({ distinct: { property: 'x', atLeast: 1 } }), click({ distinct: { atLeast: 1 } })],
    [click({ calendar: { unit: 'day', timeZone: 'UTC', last: 1 } }), click({ calendar: { timeZone: 'UTC', last: 1 } })],
    [click({ calendar: { unit: 'day', timeZone: 'UTC', last: 1 } }), click({ calendar: { unit: 'day', last: 1 } })],
    [{ bucket: { seed: 's', from: 0, to: 1 } }, { bucket: { from: 0, to: 1 } }],
    [{ bucket: { seed: 's', from: 0, to: 1 } }, { bucket: { seed: 's', to: 1 } }],
    [{ bucket: { seed: 's', from: 0, to: 1 } }, { bucket: { seed: 's', from: 0 } }],
    [{ atLeast: 1, of: [{ everyone: true }] }, { atLeast: 1 }],
    [click({ followedBy: { performed: 'x' } }), click({ followedBy: { within: '1d' } })],
    [
      { attribute: 'x', anniversary: { timeZone: 'UTC' } },
      { attribute: 'x', anniversary: { within: '1d' } },
    ],
  ])('%j, but not %j', (whole, partial) => {
    expect([isRight(whole), isRight(partial)]).toEqual([true, false]);
  });
});
