import { compare } from '../oracle/compare.js';
import { event, T0 } from '../support/builders.js';
import { randomNumbers } from '../support/random-numbers.js';
import type { OracleCase } from '../support/arbitraries.js';
import type { Rule } from '../../src/core/rule.js';

const NAMES = ['click', 'purchase'] as const;

/** Sequences over histories in which many events follow many, also at one instant, so that they are told in common. */
function crowdedCase(seed: number): OracleCase {
  const random = randomNumbers(seed);
  const below = (most: number): number => Math.floor(random() * most);
  const pick = <T>(...some: T[]): T => some[below(some.length)]!;
  const stepAfter = (steps: number): object =>
    steps === 0
      ? {}
      : {
          [pick('followedBy', 'notFollowedBy')]: {
            performed: pick(...NAMES),
            ...(random() < 0.7 && { within: `${1 + below(40)}s` }),
            ...(random() < 0.4 && { same: ['x'] }),
            ...stepAfter(below(steps)),
          },
        };
  const events = Array.from({ length: 20 + below(30) }, (_, index) =>
    event(
      pick(...NAMES),
      T0 + below(60) * 1_000,
      { x: below(3), order_id: String(index) },
      `e${below(1_000)}-${index}`,
    ),
  );
  const rule = {
    performed: pick(...NAMES),
    ...(random() < 0.5 && { within: `${1 + below(60)}s` }),
    ...(random() < 0.3 && { count: { atLeast: 1 + below(4) } }),
    ...stepAfter(3),
  } as Rule;
  return { rule, segments: {}, events, starts: {}, profile: 'p' };
}

describe('sequences over crowded histories', () => {
  it('say what the naive evaluator says', () => {
    for (let seed = 1; seed <= 150; seed++) {
      const given = crowdedCase(seed);
      try {
        compare(given, 12);
      } catch (error) {
        throw new Error(`seed ${seed}: ${JSON.stringify(given.rule)}`, { cause: error });
      }
    }
  });
});
