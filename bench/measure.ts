const ROUNDS = 7;
const ROUND_MS = 250;

/**
 * How many pieces of work each of several programs does a second: the median of several rounds that the programs take by
 * turns, so that whatever else the machine does falls on all of them. Each item is so many pieces.
 */
export function medianRate<T>(
  items: readonly T[],
  pieces: number,
  programs: readonly ((item: T) => number)[],
): number[] {
  const rates = programs.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    programs.forEach((program, index) => {
      const rate = rateOf(items, pieces, program);
      if (round > 0) rates[index]!.push(rate); // the first warms up
    });
  }
  return rates.map(median);
}

let kept = 0;

function rateOf<T>(items: readonly T[], pieces: number, program: (item: T) => number): number {
  const began = performance.now();
  let done = 0;
  let elapsed = 0;
  while (elapsed < ROUND_MS) {
    for (const item of items) kept += program(item);
    done += items.length;
    elapsed = performance.now() - began;
  }
  if (kept < 0) throw new Error('never'); // so that no work can be left out as useless
  return (done * pieces * 1_000) / elapsed;
}

export function median(all: readonly number[]): number {
  return quantile(all, 0.5);
}

/** The least that such a share of all is not above, as of `0.99`. */
export function quantile(all: readonly number[], share: number): number {
  return [...all].sort((a, b) => a - b)[Math.min(all.length - 1, Math.floor(all.length * share))]!;
}
