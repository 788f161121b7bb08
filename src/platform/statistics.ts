import jStat from 'jstat';

/** Of 100 such intervals 95 hold what they are about. */
const CONFIDENCE = 0.95;
const UPPER = 1 - (1 - CONFIDENCE) / 2;
const Z = jStat.normal.inv(UPPER, 0, 1);

/** Amounts that are mostly nothing are far from normal: with fewer that are something no interval keeps its promise. */
const FEWEST_AMOUNTS = 10;

/** So many must be expected of each kind for Pearson's test to hold. */
const FEWEST_EXPECTED = 5;

/** What was found, and between what the truth lies; null where too little is known to say so. */
export interface Interval {
  estimate: number;
  low: number | null;
  high: number | null;
}

/** Some of many. */
export interface Proportion {
  some: number;
  all: number;
}

/** An amount of each of so many, of which `nonzero` are not nothing: their sum and that of their squares. */
export interface Amounts {
  all: number;
  nonzero: number;
  sum: number;
  squares: number;
}

type KnownInterval = { [K in keyof Interval]: number };

/** A proportion with Wilson's score interval, which keeps its promise also for few and near 0 and 1. Null for none. */
export function proportion({ some, all }: Proportion): KnownInterval | null {
  if (all === 0) return null;
  const estimate = some / all;
  const spread = 1 + Z ** 2 / all;
  const middle = (estimate + Z ** 2 / (2 * all)) / spread;
  const half = (Z / spread) * Math.sqrt((estimate * (1 - estimate)) / all + Z ** 2 / (4 * all ** 2));
  // At the ends it is exact, and must not be off by rounding.
  return {
    estimate,
    low: some === 0 ? 0 : Math.max(0, middle - half),
    high: some === all ? 1 : Math.min(1, middle + half),
  };
}

/** How much larger one proportion is than another, with Newcombe's hybrid score interval. Null where one is of none. */
export function proportionDifference(one: Proportion, other: Proportion): KnownInterval | null {
  const [a, b] = [proportion(one), proportion(other)];
  if (!a || !b) return null;
  const estimate = a.estimate - b.estimate;
  return {
    estimate,
    low: estimate - Math.hypot(a.estimate - a.low, b.high - b.estimate),
    high: estimate + Math.hypot(a.high - a.estimate, b.estimate - b.low),
  };
}

/**
 * How much larger one proportion is than another within strata, each weighted by what it can tell (Mantel and Haenszel), so
 * that a different mix of strata makes no difference; with the interval of Sato, where enough is known. Null where no stratum
 * has both.
 */
export function stratifiedDifference(strata: readonly { one: Proportion; other: Proportion }[]): Interval | null {
  const both = strata.filter(({ one, other }) => one.all > 0 && other.all > 0);
  if (both.length <= 1) return both[0] ? proportionDifference(both[0].one, both[0].other) : null;
  const parts = both.map(({ one, other }) => {
    const all = one.all + other.all;
    const [share, rest] = [one.all / all, other.all / all];
    return {
      weight: one.all * rest,
      more: one.some * rest - other.some * share,
      skew: other.some * share ** 2 - one.some * rest ** 2 + (share * rest * (other.all - one.all)) / 2,
      spread: (one.some * (other.all - other.some) + other.some * (one.all - one.some)) / all / 2,
    };
  });
  const sum = (read: (part: (typeof parts)[number]) => number): number =>
    parts.reduce((all, one) => all + read(one), 0);
  const weight = sum((part) => part.weight);
  const estimate = sum((part) => part.more) / weight;
  const found = both.reduce((all, { one, other }) => all + one.some + other.some, 0);
  if (found < FEWEST_AMOUNTS) return { estimate, low: null, high: null };
  const variance = (estimate * sum((part) => part.skew) + sum((part) => part.spread)) / weight ** 2;
  return around(estimate, Z * Math.sqrt(Math.max(0, variance)));
}

/** The mean of some amounts with the t interval, where there are enough of them. Null for none. */
export function mean(amounts: Amounts): Interval | null {
  if (amounts.all === 0) return null;
  const estimate = amounts.sum / amounts.all;
  if (amounts.nonzero < FEWEST_AMOUNTS) return { estimate, low: null, high: null };
  const { error, freedom } = partOf(amounts);
  return around(estimate, jStat.studentt.inv(UPPER, freedom) * Math.sqrt(error));
}

/** How much larger the mean of some amounts is than that of others, with Welch's t interval where there are enough. */
export function meanDifference(one: Amounts, other: Amounts): Interval | null {
  if (one.all === 0 || other.all === 0) return null;
  const estimate = one.sum / one.all - other.sum / other.all;
  if (Math.min(one.nonzero, other.nonzero) < FEWEST_AMOUNTS) return { estimate, low: null, high: null };
  const [a, b] = [partOf(one), partOf(other)];
  const error = a.error + b.error;
  if (error === 0) return around(estimate, 0);
  const freedom = error ** 2 / (a.error ** 2 / a.freedom + b.error ** 2 / b.freedom);
  return around(estimate, jStat.studentt.inv(UPPER, freedom) * Math.sqrt(error));
}

/**
 * How likely chance alone makes numbers differ at least so much from the shares that they were drawn by (Pearson's
 * chi-squared test); null where there are too few to say.
 */
export function chanceOf(drawn: readonly { count: number; share: number }[]): number | null {
  const all = drawn.reduce((sum, { count }) => sum + count, 0);
  if (drawn.some(({ count, share }) => share === 0 && count > 0)) return 0;
  const possible = drawn.filter(({ share }) => share > 0);
  if (possible.length < 2 || possible.some(({ share }) => all * share < FEWEST_EXPECTED)) return null;
  const squares = possible.reduce((sum, { count, share }) => sum + (count - all * share) ** 2 / (all * share), 0);
  return 1 - jStat.chisquare.cdf(squares, possible.length - 1);
}

function partOf({ all, sum, squares }: Amounts): { error: number; freedom: number } {
  const variance = Math.max(0, (squares - sum ** 2 / all) / (all - 1));
  return { error: variance / all, freedom: all - 1 };
}

function around(estimate: number, half: number): Interval {
  return { estimate, low: estimate - half, high: estimate + half };
}
