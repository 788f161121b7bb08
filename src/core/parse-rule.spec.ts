import fc from 'fast-check';
import { plan, RETENTION } from '../../test/support/builders.js';
import { parseRule } from './parse-rule.js';
import type { RuleProblem } from './rule.js';

function problemsOf(rule: unknown): RuleProblem[] {
  const parsed = parseRule(rule, RETENTION);
  return parsed.ok ? [] : parsed.problems;
}

describe('parseRule', () => {
  it('reports every problem at once, each where it is and with what would be right', () => {
    const problems = problemsOf({
      all: [
        { performed: 'click', within: '30 days', where: { cta: { like: 'x' } } },
        { performd: 'click' },
        { performed: 'click', count: { atLeast: -1 } },
        { performed: 'click', within: '500d', notFollowedBy: { within: '3d' } },
      ],
    });
    expect(problems.map((one) => one.pointer)).toEqual([
      '/all/0/where/cta/like',
      '/all/0/within',
      '/all/1',
      '/all/2/count/atLeast',
      '/all/3/within',
      '/all/3/notFollowedBy',
    ]);
    expect(problems.map((one) => one.expected)).toEqual([
      expect.stringContaining('"startsWith"'),
      expect.stringContaining('"30d"'),
      expect.stringContaining('"performed"'),
      expect.stringContaining('whole number'),
      'at most "400d"',
      expect.stringContaining("an event's name"),
    ]);
  });

  it('escapes names in pointers as RFC 6901 says', () => {
    const [problem] = problemsOf({ performed: 'click', where: { 'a/b~c': { nope: 1 } } });
    expect(problem!.pointer).toBe('/where/a~1b~0c/nope');
  });

  it.each([
    [{ performed: 'click', all: [] }, 'stand in one object'],
    [{ performed: 'click', count: {} }, 'no bound'],
    [{ performed: 'click', count: { exactly: 1, atLeast: 1 } }, 'another bound'],
    [{ performed: 'click', count: { atLeast: 3, atMost: 2 } }, 'above'],
    [{ performed: 'click', count: { atLeast: 2 }, last: { olderThan: '1d' } }, "can't stand together"],
    [{ performed: 'click', where: { x: {} } }, 'no operator'],
    [{ all: [] }, 'not allowed here'],
    [[], 'no rule'],
    [null, 'no rule'],
  ])('refuses %j', (rule, problem) => {
    expect(problemsOf(rule)[0]!.problem).toContain(problem);
  });

  it('refuses rules that are too deep or too large, without stalling', () => {
    let deep: unknown = { performed: 'click' };
    for (let level = 0; level < 10_000; level++) deep = { not: deep };
    expect(problemsOf(deep)[0]!.problem).toContain('too deep');
    const wide = {
      any: Array.from({ length: 100 }, () => ({ any: Array.from({ length: 100 }, () => ({ performed: 'x' })) })),
    };
    expect(problemsOf(wide).map((one) => one.problem)).toContain('the rule is too large');
  });

  it('never throws, whatever the value, and accepts only what compiles', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const parsed = parseRule(value, RETENTION);
        if (parsed.ok) plan(parsed.rule);
        else expect(parsed.problems.length).toBeGreaterThan(0);
      }),
    );
  });

  it('says a rule in a sentence', () => {
    const rule = {
      performed: 'click',
      where: { cta: 'cart' },
      within: '7d',
      notFollowedBy: { performed: 'purchase', within: '3d', same: ['cart_token'] },
    };
    expect(plan(rule).sentence).toBe(
      'did "click" where cta is "cart" in the last 7 days, not followed within 3 days by "purchase" with the same cart_token',
    );
  });
});
