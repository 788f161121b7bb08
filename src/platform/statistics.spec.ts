import { randomNumbers } from '../../test/support/random-numbers.js';
import {
  chanceOf,
  mean,
  meanDifference,
  proportion,
  proportionDifference,
  stratifiedDifference,
  type Amounts,
} from './statistics.js';

const rounded = (value: object | null) =>
  JSON.parse(JSON.stringify(value), (_, one: unknown) =>
    typeof one === 'number' ? Math.round(one * 10_000) / 10_000 : one,
  ) as unknown;

const amounts = (all: readonly number[]): Amounts => ({
  all: all.length,
  nonzero: all.filter((one) => one !== 0).length,
  sum: all.reduce((sum, one) => sum + one, 0),
  squares: all.reduce((sum, one) => sum + one * one, 0),
});

// Darwin's data on maize (1876): heights of crossed and of self-fertilised plants, in eighths of an inch; R's `datasets`
// and many books have them. t.test(crossed, selfed): t = 2.4371, df = 22.164, 3.1 to 38.7 around 20.9333.
const CROSSED = [188, 96, 168, 176, 153, 172, 177, 163, 146, 173, 186, 168, 177, 184, 96];
const SELFED = [139, 163, 160, 160, 147, 149, 149, 122, 132, 144, 130, 144, 102, 124, 144];

describe('statistics', () => {
  // Newcombe, Statistics in Medicine 17 (1998): 857–872 and 873–890.
  it('a proportion has the published Wilson interval', () => {
    expect(rounded(proportion({ some: 81, all: 263 }))).toEqual({ estimate: 0.308, low: 0.2553, high: 0.3662 });
    expect(rounded(proportion({ some: 15, all: 148 }))).toEqual({ estimate: 0.1014, low: 0.0624, high: 0.1605 });
    expect(rounded(proportion({ some: 0, all: 20 }))).toEqual({ estimate: 0, low: 0, high: 0.1611 });
    expect(rounded(proportion({ some: 1, all: 1 }))).toEqual({ estimate: 1, low: 0.2065, high: 1 });
    expect(proportion({ some: 0, all: 0 })).toBeNull();
  });

  it('a difference of proportions has the published interval', () => {
    const found = (a: number, m: number, b: number, n: number) =>
      rounded(proportionDifference({ some: a, all: m }, { some: b, all: n }));
    expect(found(56, 70, 48, 80)).toEqual({ estimate: 0.2, low: 0.0524, high: 0.3339 });
    expect(found(9, 10, 3, 10)).toEqual({ estimate: 0.6, low: 0.1705, high: 0.809 });
    expect(found(10, 10, 0, 20)).toEqual({ estimate: 1, low: 0.6791, high: 1 });
    expect(found(1, 1, 0, 0)).toBeNull();
  });

  it('a difference of means has the interval of the t test for unequal variances', () => {
    const found = meanDifference(amounts(CROSSED), amounts(SELFED))!;
    expect(found.estimate).toBeCloseTo(20.9333, 4);
    expect(found.low).toBeCloseTo(3.1, 1);
    expect(found.high).toBeCloseTo(38.7, 1);
  });

  it('a mean has the interval of the t test', () => {
    // Sample mean 161.5333, standard deviation 28.9364, quantile of 14 degrees of freedom 2.1448.
    const found = mean(amounts(CROSSED))!;
    expect(found.estimate).toBeCloseTo(161.5333, 4);
    expect(found.high! - found.estimate).toBeCloseTo((2.1448 * 28.9364) / Math.sqrt(15), 2);
  });

  it('says nothing of amounts that it knows too few of', () => {
    const few = amounts([...CROSSED.slice(0, 9), 0, 0]);
    const enough = amounts([...CROSSED.slice(0, 10), 0, 0]);
    expect(mean(few)).toEqual({ estimate: expect.any(Number) as unknown, low: null, high: null });
    expect(mean(enough)!.low).not.toBeNull();
    expect(meanDifference(enough, few)).toMatchObject({ low: null, high: null });
    expect(meanDifference(enough, amounts([0, 0, 0]))).toMatchObject({ low: null, high: null });
    expect(meanDifference(enough, enough)!.low).not.toBeNull();
    expect(mean(amounts([]))).toBeNull();
    expect(meanDifference(enough, amounts([]))).toBeNull();
  });

  it('numbers as drawn are likely, others are not, and of few nothing can be told', () => {
    const drawn = (...pairs: [count: number, share: number][]) =>
      chanceOf(pairs.map(([count, share]) => ({ count, share })));
    expect(drawn([10, 0.1], [90, 0.9])).toBeCloseTo(1, 6);
    // Chi-squared of 4 with one degree of freedom; of 6 with two: exp(-3).
    expect(drawn([60, 0.5], [40, 0.5])).toBeCloseTo(0.0455, 4);
    expect(drawn([60, 0.5], [40, 0.25], [20, 0.25])).toBeCloseTo(Math.exp(-10 / 3), 4);
    expect(drawn([1, 0.5], [8, 0.5])).toBeNull();
    expect(drawn([0, 0.5], [10, 0.5])).not.toBeNull();
    expect(drawn([100, 1], [1, 0])).toBe(0);
    expect(drawn()).toBeNull();
  });
});

describe('a difference within strata', () => {
  const at = (some: number, all: number, otherSome: number, otherAll: number) => ({
    one: { some, all },
    other: { some: otherSome, all: otherAll },
  });

  it('is not led astray by their mix', () => {
    // Better in both, and worse in the sum: Simpson's paradox, on the treatment of kidney stones.
    const found = stratifiedDifference([at(81, 87, 234, 270), at(192, 263, 55, 80)])!;
    expect(found.estimate).toBeGreaterThan(0.04);
    expect(proportionDifference({ some: 273, all: 350 }, { some: 289, all: 350 })!.estimate).toBeLessThan(0);
  });

  it('is that of one, for one; nothing for none; without an interval for too few', () => {
    expect(stratifiedDifference([at(5, 50, 2, 50), at(1, 3, 0, 0)])).toEqual(
      proportionDifference({ some: 5, all: 50 }, { some: 2, all: 50 }),
    );
    expect(stratifiedDifference([at(1, 3, 0, 0)])).toBeNull();
    expect(stratifiedDifference([at(1, 30, 2, 30), at(1, 30, 0, 30)])).toEqual({ estimate: 0, low: null, high: null });
  });

  it('lies in its interval about 95 times of 100, large strata or many small ones', () => {
    const chance = randomNumbers(7);
    const drawn = (all: number, rate: number) => {
      let some = 0;
      for (let index = 0; index < all; index++) some += Number(chance() < rate);
      return { some, all };
    };
    for (const [strata, size] of [
      [3, 300],
      [60, 12],
    ] as const) {
      let held = 0;
      for (let trial = 0; trial < 300; trial++) {
        const found = stratifiedDifference(
          Array.from({ length: strata }, (_, index) => {
            const rate = 0.1 + (0.3 * index) / strata;
            return { one: drawn(size, rate + 0.05), other: drawn(size * 2, rate) };
          }),
        )!;
        held += Number(found.low! <= 0.05 && 0.05 <= found.high!);
      }
      expect(held / 300).toBeGreaterThan(0.92);
      expect(held / 300).toBeLessThan(0.98);
    }
  });
});
