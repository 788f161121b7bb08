import { timeOf } from '../../test/support/time-of.js';
import { click, DAY, event, plan, purchase, RETENTION, T0 } from '../../test/support/builders.js';
import { compileRule } from './compile-rule.js';
import { evaluate, explain } from './evaluate.js';
import { History } from './history.js';
import { parseRule } from './parse-rule.js';
import type { SegmentRules } from './references.js';

const problemsOf = (rule: unknown): string[] => {
  const parsed = parseRule(rule, RETENTION);
  return parsed.ok ? [] : parsed.problems.map((one) => `${one.pointer}: ${one.problem}`);
};

const performed = (fields: object) => ({ performed: 'click', ...fields });

describe('a hostile rule', () => {
  const many = <T>(number: number, make: (index: number) => T): T[] =>
    Array.from({ length: number }, (_, i) => make(i));
  const chain = (length: number): object =>
    length === 0 ? {} : { followedBy: { performed: 'x', ...chain(length - 1) } };

  it.each<[string, unknown, string]>([
    ['too many conditions', { all: many(100, () => ({ any: many(3, () => performed({})) })) }, 'too large'],
    [
      'too many tests',
      { all: many(5, () => performed({ where: Object.fromEntries(many(50, (i) => [`p${i}`, i])) })) },
      'too large',
    ],
    ['too many steps', { all: many(50, () => performed(chain(4))) }, 'too large'],
    ['too long a sequence', performed(chain(5)), 'too long'],
    ['too long a list', performed({ where: { x: { in: many(501, (i) => i) } } }), 'not allowed'],
    ['too long a text', performed({ where: { x: 'y'.repeat(501) } }), 'not allowed'],
    ['too long a window', performed({ within: '401d' }), 'longer than events are kept'],
    ['too long a calendar', performed({ calendar: { unit: 'month', last: 13, timeZone: 'UTC' } }), 'look back over'],
    ['too many cards', { any: many(101, () => ({ everyone: true })) }, 'not allowed'],
    ['a pattern', performed({ where: { x: { matches: '(a+)+$' } } }), 'not known'],
    ['a prototype', JSON.parse('{"__proto__": {"performed": "click"}}'), 'no condition'],
    ['a prototype beside', JSON.parse('{"performed": "click", "__proto__": {}}'), 'not known'],
    ['a constructor', { constructor: 'click' }, 'no condition'],
  ])('with %s is refused clearly', (_what, rule, problem) => {
    expect(problemsOf(rule).join('\n')).toContain(problem);
    expect(timeOf(() => problemsOf(rule))).toBeLessThan(50);
  });

  it.each(['__proto__', 'constructor', '__proto__.polluted', 'toString.name', 'a.__proto__.b'])(
    'cannot reach through the property %s',
    (path) => {
      const where = JSON.parse(`{"${path}": {"exists": true}}`) as object;
      expect(evaluate(plan(performed({ where })), History.of([click(T0, { a: {} })]), T0).value).toBe('false');
      const own = JSON.parse('{"__proto__": 1, "constructor": 2}') as Record<string, unknown>;
      const found = evaluate(plan(performed({ where })), History.of([click(T0, own)]), T0).value;
      expect(found).toBe(String(path === '__proto__' || path === 'constructor'));
    },
  );

  // As large as a rule may be, over a history of three hundred events that all match.
  const history = (): History =>
    History.of([
      ...many(120, (i) => click(T0 + i * 1_000, { x: i % 7, product: i, revenue: `${i}.10` })),
      ...many(120, (i) => purchase(T0 + i * 1_000 + 500, { order_id: String(i), revenue: '10', x: i % 5 })),
      ...many(60, (i) => event('order_refunded', T0 + i * 2_000, { order_id: String(i), amount: '10' })),
    ]);
  const at = T0 + 121_000;

  it.each<[string, unknown]>([
    [
      'of 200 conditions',
      { all: many(66, (i) => ({ any: [performed({ within: `${i + 1}s` }), performed({ before: `${i + 1}s` })] })) },
    ],
    [
      'of alternating parts',
      {
        any: many(90, (i) => ({
          all: [performed({ within: `${i + 1}s` }), { not: performed({ within: `${i + 2}s` }) }],
        })).slice(0, 49),
      },
    ],
    [
      'of long chains',
      performed({
        notFollowedBy: {
          performed: 'purchase',
          within: '100s',
          followedBy: { performed: 'click', within: '100s', notFollowedBy: { performed: 'purchase', within: '100s' } },
        },
      }),
    ],
    [
      'of aggregates',
      {
        all: many(20, (i) => ({
          performed: 'purchase',
          within: `${i + 10}s`,
          max: { property: 'revenue', atLeast: i },
        })),
      },
    ],
    [
      'of least amounts that leave one after the other',
      { all: many(20, (i) => performed({ within: `${i + 110}s`, min: { property: 'revenue', above: i } })) },
    ],
    [
      'of different values',
      { all: many(20, (i) => performed({ within: `${i + 10}s`, distinct: { property: 'product', atLeast: i } })) },
    ],
  ])('%s does not stall', (_what, rule) => {
    const compiled = plan(rule);
    const known = history();
    const fresh = History.ofDistinct([...known.named({ startsWith: '' })]);
    expect(timeOf(() => evaluate(compiled, History.ofDistinct([...fresh.named({ startsWith: '' })]), at))).toBeLessThan(
      50,
    );
    expect(explain(compiled, known, at).condition.length).toBeGreaterThan(0);
  });

  const followed = (i: number): object => ({
    performed: 'purchase',
    within: `${100 + i}s`,
    followedBy: { performed: 'click', within: `${90 + i}s` },
  });

  it.each([121_000, 60_000])('as full of chains as it may be does not stall, %d ms into its history', (after) => {
    const rule = {
      all: many(18, (i) => performed({ within: `${i + 60}s`, [i % 2 ? 'followedBy' : 'notFollowedBy']: followed(i) })),
    };
    expect(problemsOf(rule)).toEqual([]);
    expect(problemsOf({ all: [...rule.all, rule.all[0]] }).join()).toContain('too large');
    const events = [...history().named({ startsWith: '' })];
    const compiled = plan(rule);
    expect(timeOf(() => evaluate(compiled, History.ofDistinct(events), T0 + after))).toBeLessThan(50);
  });

  it('of long chains within limits does not stall over a thousand events', () => {
    const rule = performed({
      count: { atLeast: 3 },
      followedBy: {
        performed: 'purchase',
        within: '200s',
        notFollowedBy: {
          performed: 'click',
          within: '150s',
          followedBy: { performed: 'purchase', within: '170s' },
        },
      },
    });
    const events = many(1_000, (i) => (i % 2 === 0 ? click(T0 + i * 500) : purchase(T0 + i * 500)));
    const compiled = plan(rule);
    expect(timeOf(() => evaluate(compiled, History.ofDistinct(events), T0 + 500_000))).toBeLessThan(50);
  });

  it('of long chains without limits does not stall either, though all of a thousand events are still to come', () => {
    const open = performed({
      notFollowedBy: {
        performed: 'purchase',
        notFollowedBy: { performed: 'click', followedBy: { performed: 'purchase' } },
      },
    });
    const events = many(1_000, (i) => (i % 2 === 0 ? click(T0 + i * 1_000) : purchase(T0 + i * 1_000)));
    const compiled = plan(open);
    expect(timeOf(() => evaluate(compiled, History.ofDistinct(events), T0 + 1_000_000))).toBeLessThan(50);
    const before = process.cpuUsage();
    evaluate(compiled, History.ofDistinct(events), T0 - 1);
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(2_000);
  });

  it('that asks for lasting within lasting does not stall', () => {
    const segments = new Map(
      Object.entries({
        a: performed({ within: '1s' }),
        b: { any: [{ segment: 'a', for: '60s' }, { not: { segment: 'a', for: '1s' } }] },
      }),
    ) as unknown as SegmentRules;
    const compiled = compileRule({ segment: 'b', for: '60s' }, segments);
    const clicks = many(150, (i) => click(T0 + i * 2_000));
    for (const asOf of [T0 - 1, T0 + 150_000]) {
      expect(timeOf(() => evaluate(compiled, History.ofDistinct(clicks), asOf))).toBeLessThan(50);
    }
  });

  it('of the largest size takes no long time to read', () => {
    const rule = { all: many(99, () => ({ any: [performed({ within: '30d' })] })) };
    expect(problemsOf(rule)).toEqual([]);
    expect(timeOf(() => problemsOf(rule))).toBeLessThan(50);
  });
});

describe('windows that make no sense', () => {
  it.each<[object, string]>([
    [{ within: '1d', before: '1d' }, '/before: "before" is not shorter'],
    [{ within: '1d', between: ['2026-01-01T00:00:00Z', null] }, "can't stand together"],
    [{ before: '1d', calendar: { unit: 'day', current: true, timeZone: 'UTC' } }, "can't stand together"],
    [{ between: [null, null] }, 'both ends are open'],
    [{ between: ['2026-01-02T00:00:00Z', '2026-01-01T00:00:00Z'] }, 'not after the first'],
    [{ between: ['2026-01-01T00:00:00Z'] }, '1 entries'],
    [{ between: ['2026-01-01', null] }, '/between/0'],
    [{ calendar: { unit: 'month', timeZone: 'UTC' } }, 'no period'],
    [{ calendar: { unit: 'month', current: true, timeZone: 'Mars/Olympus' } }, '/calendar/timeZone'],
    [{ calendar: { unit: 'fortnight', current: true, timeZone: 'UTC' } }, '/calendar/unit'],
    [{ anchor: 'first' }, 'about sequences'],
    [{ anchor: 'first', count: { atLeast: 2 }, followedBy: { performed: 'x' } }, 'one first anchor'],
    [{ first: {} }, 'nothing is asked'],
    [{ last: { olderThan: '3d', youngerThan: '3d' } }, 'not shorter'],
    [{ sum: { property: 'revenue' } }, 'no bound'],
    [{ sum: { property: 'revenue', rates: { USD: 1 }, atLeast: 1 } }, 'no currency'],
    [{ sum: { property: 'revenue', currency: 'euro', atLeast: 1 } }, '/sum/currency'],
    [{ sum: { property: 'revenue', atLeast: 'much' } }, '/sum/atLeast'],
    [{ distinct: { property: 'x' } }, 'no bound'],
    [{ where: { x: { before: 'tomorrow' } } }, '/where/x/before'],
  ])('%j', (fields, problem) => {
    expect(problemsOf(performed(fields)).join('\n')).toContain(problem);
  });

  it.each<[object, string]>([
    [{ attribute: 'x' }, 'no operator'],
    [{ attribute: 'x', olderThan: '40000d' }, 'too long'],
    [{ attribute: 'x', olderThan: 'long' }, 'not a duration'],
    [{ attribute: 'x', anniversary: {} }, '"timeZone" is missing'],
    [{ bucket: { seed: 's', from: 50, to: 50 } }, 'not above'],
    [{ bucket: { seed: 's', from: -1, to: 50 } }, '/bucket/from'],
    [{ everyone: false }, '/everyone'],
    [{ atLeast: 3, of: [{ everyone: true }] }, 'there are 1 rules'],
    [{ segment: '' }, '/segment'],
  ])('%j', (rule, problem) => {
    expect(problemsOf(rule).join('\n')).toContain(problem);
  });

  it('an attribute may be tested by "not" and "atLeast", which are conditions elsewhere', () => {
    expect(problemsOf({ attribute: 'x', not: 'a', atLeast: 3 })).toEqual([]);
    expect(problemsOf({ not: { everyone: true }, atLeast: 1 })[0]).toContain('stand in one object');
    expect(evaluate(plan({ attribute: 'x', not: 'a' }), History.of([]), T0 + DAY).value).toBe('true');
  });
});
