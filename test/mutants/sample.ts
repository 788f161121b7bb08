import { randomNumbers } from '../support/random-numbers.js';
import type { Mutant } from './mutate.js';

/**
 * So many of the mutants, the same for the same seed. Spread evenly over files, and in each over operators: of
 * the list in that order, with chance only inside a group, every n-th is taken.
 */
export function sampleOf(mutants: readonly Mutant[], count: number, seed: number): Mutant[] {
  if (count >= mutants.length) return [...mutants];
  const random = randomNumbers(seed);
  const ordered = mutants
    .map((mutant) => ({ mutant, group: `${mutant.file} ${mutant.operator}`, rank: random() }))
    .sort((a, b) => (a.group === b.group ? a.rank - b.rank : a.group < b.group ? -1 : 1));
  const step = ordered.length / count;
  const first = random() * step;
  return Array.from({ length: count }, (_, index) => ordered[Math.floor(first + index * step)]!.mutant);
}
