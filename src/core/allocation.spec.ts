import fc from 'fast-check';
import { ALL_PLACES, allocate, armOf, placesIn, type Allocation, type Share } from './allocation.js';

const KEYS = ['a', 'b', 'c', 'd'];

/** Shares of at most 100 percent together, to three decimals; arms may be missing. */
const shares: fc.Arbitrary<Share[]> = fc
  .array(fc.integer({ min: 0, max: ALL_PLACES }), { minLength: KEYS.length, maxLength: KEYS.length })
  .map((cuts) => [0, ...cuts.sort((one, other) => one - other)])
  .map((cuts) => KEYS.map((key, index) => ({ key, percentage: (cuts[index + 1]! - cuts[index]!) / 1_000 })))
  .map((all) => all.filter(({ percentage }) => percentage > 0));

function sizeOf(allocation: Allocation, key: string): number {
  return (allocation[key] ?? []).reduce((sum, [from, to]) => sum + to - from, 0);
}

/** Whether every place of the first is also of the second. */
function isWithin(inner: Allocation, outer: Allocation, key: string): boolean {
  const places = outer[key] ?? [];
  return (inner[key] ?? []).every(([from, to]) => places.some(([low, high]) => low <= from && to <= high));
}

describe('allocate', () => {
  it('gives every arm exactly its share, and no place twice, after any number of changes', () => {
    fc.assert(
      fc.property(fc.array(shares, { minLength: 1, maxLength: 6 }), (versions) => {
        let allocation: Allocation = {};
        for (const version of versions) {
          allocation = allocate(version, allocation);
          for (const { key, percentage } of version) expect(sizeOf(allocation, key)).toBe(placesIn(percentage));
          const all = Object.values(allocation)
            .flat()
            .sort((one, other) => one[0] - other[0]);
          all.forEach(([from, to], index) => expect(from < to && (all[index - 1]?.[1] ?? 0) <= from).toBe(true));
        }
      }),
    );
  });

  it('only adds people to an arm that grows, and only takes some from one that shrinks', () => {
    fc.assert(
      fc.property(shares, shares, (before, after) => {
        const [first, second] = [allocate(before), allocate(after, allocate(before))];
        for (const key of KEYS) {
          const grows = sizeOf(second, key) >= sizeOf(first, key);
          expect(grows ? isWithin(first, second, key) : isWithin(second, first, key)).toBe(true);
        }
      }),
    );
  });

  it('finds the same arm for the same profile, and about so many on each as it is to have', () => {
    const allocation = allocate([
      { key: 'a', percentage: 20 },
      { key: 'b', percentage: 50 },
    ]);
    const arms = Array.from({ length: 20_000 }, (_, profile) => armOf(allocation, 'seed', String(profile)));
    const share = (arm: string | undefined) => arms.filter((one) => one === arm).length / arms.length;
    expect([share('a'), share('b'), share(undefined)].map((one) => Math.round(one * 100))).toEqual([20, 50, 30]);
    expect(armOf(allocation, 'seed', '7')).toBe(armOf(allocation, 'seed', '7'));
    const other = Array.from({ length: 20_000 }, (_, profile) => armOf(allocation, 'other seed', String(profile)));
    expect(other).not.toEqual(arms);
  });

  it('is that of a place in whichever of its stretches', () => {
    const tenth = ALL_PLACES / 10;
    const scattered: Allocation = {
      a: [0, 4, 8].map((from) => [from * tenth, (from + 1) * tenth]),
      b: [[tenth, 4 * tenth]],
    };
    const arms = Array.from({ length: 20_000 }, (_, profile) => armOf(scattered, 'seed', String(profile)));
    for (const arm of ['a', 'b']) expect(arms.filter((one) => one === arm).length / arms.length).toBeCloseTo(0.3, 1);
    expect(arms.filter((one) => one === undefined).length / arms.length).toBeCloseTo(0.4, 1);
  });
});
