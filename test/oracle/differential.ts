import fc from 'fast-check';
import { anyCase, type OracleCase } from '../support/arbitraries.js';
import { compare, Mismatch } from './compare.js';
import { Tally } from './tally.js';

export interface DifferentialOptions {
  /** How many triples of rule, history and instant at least; or, without, for how long. */
  triples?: number;
  seconds?: number;
  seed: number;
  /** The most instants of a rule and a history. */
  instants?: number;
  onProgress?: (tally: Tally) => void;
}

export interface DifferentialResult {
  tally: Tally;
  seed: number;
  seconds: number;
  /** The smallest case found in which the core and the naive evaluator differ, and how. */
  mismatch: { message: string; counterexample: OracleCase } | null;
}

const BATCH = 100;

/** Compares the core with the naive evaluator until enough is compared, or they differ. The same seed, the same cases. */
export function runDifferential(options: DifferentialOptions): DifferentialResult {
  const { triples = options.seconds === undefined ? 200_000 : Infinity, seconds = Infinity, seed } = options;
  const { instants = 60, onProgress } = options;
  const tally = new Tally();
  const began = performance.now();
  const elapsed = (): number => (performance.now() - began) / 1_000;
  let mismatch: DifferentialResult['mismatch'] = null;
  for (let batch = 0; mismatch === null && tally.triples < triples && elapsed() < seconds; batch++) {
    mismatch = compareBatch(seed + batch, instants, tally);
    onProgress?.(tally);
  }
  return { tally, seed, seconds: elapsed(), mismatch };
}

function compareBatch(seed: number, instants: number, tally: Tally): DifferentialResult['mismatch'] {
  let isShrinking = false;
  const property = fc.property(anyCase, (given) => {
    try {
      const comparison = compare(given, instants);
      if (!isShrinking) tally.add(given, comparison);
    } catch (error) {
      isShrinking = true;
      throw error;
    }
  });
  const details = fc.check(property, { seed, numRuns: BATCH });
  if (!details.failed) return null;
  const error = details.errorInstance;
  const message = error instanceof Mismatch ? error.message : `an error: ${(error as Error).stack ?? String(error)}`;
  return { message, counterexample: details.counterexample![0] };
}
