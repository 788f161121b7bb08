import { click, DAY, plan, purchase, T0 } from '../../test/support/builders.js';
import { evaluate } from './evaluate.js';
import { History } from './history.js';
import { judgeCount, negationOf, type Truth } from './truth.js';

function atLeast(least: number, truths: readonly Truth[]): Truth {
  const counts = { true: 0, false: 0, pending: 0, insufficient: 0 };
  for (const truth of truths) counts[truth] += 1;
  return judgeCount(counts, { least, most: Infinity });
}

const allOf = (truths: readonly Truth[]): Truth => atLeast(truths.length, truths);
const anyOf = (truths: readonly Truth[]): Truth => atLeast(1, truths);

const T = 'true';
const F = 'false';
const P = 'pending';
const I = 'insufficient';

describe("Kleene's logic", () => {
  it.each<[Truth, Truth, Truth, Truth]>([
    [T, T, T, T],
    [T, F, F, T],
    [T, P, P, T],
    [T, I, I, T],
    [F, F, F, F],
    [F, P, F, P],
    [F, I, F, I],
    [P, P, P, P],
    [P, I, P, P],
    [I, I, I, I],
  ])('%s and/or %s → %s/%s, in either order', (a, b, and, or) => {
    expect([allOf([a, b]), allOf([b, a])]).toEqual([and, and]);
    expect([anyOf([a, b]), anyOf([b, a])]).toEqual([or, or]);
  });

  it('negates what is known and nothing else', () => {
    expect([T, F, P, I].map((truth) => negationOf(truth as Truth))).toEqual([F, T, P, I]);
  });
});

describe('a combination', () => {
  const history = History.of([click(T0), purchase(T0 + DAY)]);

  it('changes when its value does, not when a part of it does', () => {
    const either = plan({
      any: [
        { performed: 'click', within: '2d' },
        { performed: 'purchase', within: '5d' },
      ],
    });
    expect(evaluate(either, history, T0 + DAY).nextChangeAt).toBe(T0 + 6 * DAY);
    const both = plan({
      all: [{ performed: 'click', within: '2d' }, { not: { performed: 'purchase', within: '5d' } }],
    });
    expect(evaluate(both, history, T0 + DAY)).toMatchObject({ value: 'false', nextChangeAt: null });
  });

  it('of a pending and a false part is false; of a pending and a true one pending', () => {
    const pending = { performed: 'click', notFollowedBy: { performed: 'purchase', within: '3d' } };
    const only = History.of([click(T0)]);
    expect(evaluate(plan({ all: [pending, { performed: 'refill' }] }), only, T0).value).toBe('false');
    expect(evaluate(plan({ all: [pending, { performed: 'click' }] }), only, T0)).toMatchObject({
      value: 'pending',
      settlesAt: T0 + 3 * DAY,
    });
  });
});
