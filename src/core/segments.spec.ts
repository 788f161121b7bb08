import { timeOf } from '../../test/support/time-of.js';
import { click, DAY, event, purchase, RETENTION, T0 } from '../../test/support/builders.js';
import { compileRule, type Plan } from './compile-rule.js';
import { evaluate, explain } from './evaluate.js';
import { History } from './history.js';
import { parseRule } from './parse-rule.js';
import { checkReferences, segmentsBelow } from './references.js';
import type { Rule } from './rule.js';

const rules = (given: Record<string, unknown>): Map<string, Rule> =>
  new Map(
    Object.entries(given).map(([key, rule]) => {
      const parsed = parseRule(rule, RETENTION);
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
      return [key, parsed.rule];
    }),
  );

const SEGMENTS = rules({
  clicked: { performed: 'click', within: '10d' },
  active: { any: [{ segment: 'clicked' }, { performed: 'purchase', within: '10d' }] },
});

const planOf = (rule: unknown): Plan => compileRule([...rules({ rule }).values()][0]!, SEGMENTS);

describe('a segment in a rule', () => {
  it('is judged as if its rule stood there', () => {
    const history = History.of([click(T0), purchase(T0 + 8 * DAY)]);
    const inActive = planOf({ segment: 'active' });
    expect(evaluate(inActive, history, T0)).toMatchObject({ value: 'true', nextChangeAt: T0 + 18 * DAY });
    expect(explain(inActive, history, T0)).toMatchObject({
      condition: 'in the segment "active"',
      of: [{ of: [{ condition: 'in the segment "clicked"', value: 'true' }, { value: 'false' }] }],
    });
  });

  it('with "for" has been one without a break: from then on to the millisecond', () => {
    const loyal = planOf({ segment: 'clicked', for: '15d' });
    const history = History.of([click(T0), click(T0 + 9 * DAY), click(T0 + 12 * DAY)]);
    expect(evaluate(loyal, history, T0)).toMatchObject({ value: 'false', nextChangeAt: T0 + 15 * DAY });
    expect(evaluate(loyal, history, T0 + 15 * DAY - 1).value).toBe('false');
    expect(evaluate(loyal, history, T0 + 15 * DAY)).toMatchObject({ value: 'true', nextChangeAt: T0 + 22 * DAY });
    const gap = History.of([click(T0), click(T0 + 10 * DAY + 1)]);
    expect(evaluate(loyal, gap, T0 + 16 * DAY)).toMatchObject({ value: 'false', nextChangeAt: null });
    const noGap = History.of([click(T0), click(T0 + 10 * DAY)]);
    expect(evaluate(loyal, noGap, T0 + 16 * DAY).value).toBe('true');
  });

  it('with "for" has not been one while it was pending', () => {
    const abandoned = compileRule(
      { segment: 'abandoned', for: '1d' },
      rules({ abandoned: { performed: 'click', notFollowedBy: { performed: 'purchase', within: '3d' } } }),
    );
    const history = History.of([click(T0)]);
    expect(evaluate(abandoned, history, T0 + DAY)).toMatchObject({ value: 'false', nextChangeAt: T0 + 4 * DAY });
    expect(evaluate(abandoned, history, T0 + 4 * DAY).value).toBe('true');
  });

  it('names the segments that it rests on, through others too', () => {
    expect([...segmentsBelow(rules({ x: { segment: 'active' } }).get('x')!, SEGMENTS)]).toEqual(['active', 'clicked']);
  });
});

describe('references', () => {
  const problemsOf = (own: string, given: Record<string, unknown>): string[] => {
    const all = rules(given);
    return checkReferences(all.get(own)!, all, own, '/rule').map((one) => `${one.pointer}: ${one.problem}`);
  };

  it('to a segment that is not there are refused where they stand', () => {
    expect(problemsOf('a', { a: { all: [{ everyone: true }, { not: { segment: 'gone' } }] } })).toEqual([
      '/rule/all/1/not/segment: there is no segment "gone"',
    ]);
  });

  it('in a circle are refused with the path', () => {
    const circle = { a: { segment: 'b' }, b: { any: [{ segment: 'c' }] }, c: { not: { segment: 'a' } } };
    expect(problemsOf('a', circle)).toEqual([
      '/rule/segment: the segments go round in a circle: "a" → "b" → "c" → "a"',
    ]);
    expect(problemsOf('a', { a: { segment: 'a' } })).toEqual([
      '/rule/segment: the segments go round in a circle: "a" → "a"',
    ]);
    expect(problemsOf('x', { ...circle, c: { everyone: true }, x: { segment: 'a' } })).toEqual([]);
  });

  it('that make a rule grow without measure are refused at once', () => {
    const bomb: Record<string, unknown> = { a0: { performed: 'click' }, b0: { performed: 'click' } };
    for (let level = 1; level <= 40; level++) {
      const both = { all: [{ segment: `a${level - 1}` }, { segment: `b${level - 1}` }] };
      Object.assign(bomb, { [`a${level}`]: both, [`b${level}`]: both });
    }
    expect(problemsOf('a40', bomb)[0]).toContain('conditions');
    expect(problemsOf('a7', bomb)).toEqual([]);
    const all = rules(bomb);
    expect(timeOf(() => checkReferences(all.get('a40')!, all, 'a40'))).toBeLessThan(50);
  });

  it('are refused from the thousand and first condition on', () => {
    const hundred = { any: Array.from({ length: 99 }, () => ({ everyone: true })) };
    const thousand = (more: object[]): unknown => ({
      all: [...Array.from({ length: 9 }, () => ({ segment: 'hundred' })), ...more],
    });
    const rest = Array.from({ length: 90 }, () => ({ everyone: true }));
    expect(problemsOf('a', { hundred, a: thousand(rest) })).toEqual([]);
    expect(problemsOf('a', { hundred, a: thousand([...rest, { everyone: true }]) })).toEqual([
      '/rule: with the rules of its segments it has 1001 conditions',
    ]);
  });

  it('with "for" in "for" in "for" are refused', () => {
    const nested = {
      a: { attribute: 'x', equals: 1, for: '1d' },
      b: { segment: 'a', for: '1d' },
      c: { segment: 'b', for: '1d' },
    };
    expect(problemsOf('b', nested)).toEqual([]);
    expect(problemsOf('c', nested)[0]).toContain('"for" stands within "for"');
  });
});

describe('a share of everyone', () => {
  const share = (from: number, to: number) => planOf({ bucket: { seed: 'spring', from, to } });
  const inShare = (plan: Plan, profile: string) => evaluate(plan, History.of([], { profile }), T0).isMember;
  const profiles = Array.from({ length: 20_000 }, (_, index) => String(index));

  it('is as large as asked for, always the same, and grows without losing anybody', () => {
    const tenth = profiles.filter((profile) => inShare(share(0, 10), profile));
    expect(tenth.length / profiles.length).toBeCloseTo(0.1, 2);
    expect(tenth.every((profile) => inShare(share(0, 10.5), profile))).toBe(true);
    expect(tenth.some((profile) => inShare(share(10, 100), profile))).toBe(false);
    expect(profiles.every((profile) => inShare(share(0, 100), profile))).toBe(true);
  });

  it('is another for another seed', () => {
    const other = planOf({ bucket: { seed: 'autumn', from: 0, to: 50 } });
    const both = profiles.filter((profile) => inShare(share(0, 50), profile) && inShare(other, profile));
    expect(both.length / profiles.length).toBeCloseTo(0.25, 1);
  });

  it('never changes by itself', () => {
    expect(evaluate(share(0, 50), History.of([]), T0).nextChangeAt).toBeNull();
  });
});

describe('at least k of', () => {
  it('counts the parts that hold', () => {
    const two = planOf({
      atLeast: 2,
      of: [{ performed: 'click', within: '5d' }, { performed: 'purchase', within: '8d' }, { everyone: true }],
    });
    const history = History.of([click(T0), purchase(T0)]);
    expect(evaluate(two, history, T0)).toMatchObject({ value: 'true', nextChangeAt: T0 + 8 * DAY });
    expect(evaluate(two, History.of([]), T0).value).toBe('false');
  });
});

describe('an event by the beginning of its name', () => {
  it('counts every such name, and purchases net among them', () => {
    const any = planOf({ performed: { startsWith: 'pur' }, within: '10d' });
    expect(evaluate(any, History.of([event('purring', T0)]), T0).value).toBe('true');
    expect(evaluate(any, History.of([event('repurchase', T0)]), T0).value).toBe('false');
    const cancelled = [purchase(T0, { order_id: '1' }), event('order_cancelled', T0 + 5, { order_id: '1' })];
    expect(evaluate(any, History.of(cancelled), T0)).toMatchObject({ value: 'true', nextChangeAt: T0 + 5 });
  });
});
