import type { Mutant } from './mutate.js';
import { STAGES } from './stages.js';
import type { Bench } from './workbench.js';

/** What became of a mutant, and which stage caught it. */
export interface Trial {
  mutant: Mutant;
  outcome: 'caught' | 'survived' | 'timeout';
  stage: string | null;
  seconds: number;
}

/** How much time of the processor each stage may take, by its name. */
export type Limits = ReadonlyMap<string, number>;

/** A mutant that makes a stage take so many times as long as without it hangs; the rest is for what starts slowly. */
const TIMES_AS_LONG = 3;
const SPARE_SECONDS = 15;

/** Runs all stages on a copy without a mutant. Throws if one does not pass: it could tell nothing about mutants. */
export async function measureLimits(bench: Bench, files: readonly string[]): Promise<Limits> {
  const limits = new Map<string, number>();
  for (const stage of STAGES) {
    const { outcome, seconds, output } = await bench.run(stage, files, 600);
    if (outcome !== 'passed') throw new Error(`Without any mutant, "${stage.name}" ends so (${outcome}):\n${output}`);
    limits.set(stage.name, seconds * TIMES_AS_LONG + SPARE_SECONDS);
  }
  return limits;
}

/** Runs the stages on a mutant until one notices it. */
export async function tryMutant(bench: Bench, mutant: Mutant, limits: Limits): Promise<Trial> {
  let seconds = 0;
  for (const stage of STAGES) {
    const end = await bench.withMutant(mutant, () => bench.run(stage, [mutant.file], limits.get(stage.name)!));
    seconds += end.seconds;
    if (end.outcome === 'timeout') return { mutant, outcome: 'timeout', stage: stage.name, seconds };
    if (end.outcome === 'failed') return { mutant, outcome: 'caught', stage: stage.name, seconds };
  }
  return { mutant, outcome: 'survived', stage: null, seconds };
}
