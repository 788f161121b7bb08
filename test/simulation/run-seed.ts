import { createHash } from 'node:crypto';
import { Calm } from './calm.js';
import { Chaos } from './chaos.js';
import { everythingHolds } from './checks.js';
import { drawWorld } from './drawn-world.js';
import type { SimulatedWorld } from './simulated-world.js';
import { Tally } from './tally.js';

export interface SeedResult {
  seed: number;
  /** Of every step that was taken and what came of it, and of all that is held in the end. */
  hash: string;
  steps: number;
  faults: Record<string, number>;
  /** What does not hold; empty when all does. */
  wrong: string[];
  /** The last steps, where something is wrong. */
  last: string[];
}

const LAST_STEPS = 40;

/** Everything that a seed draws, from the first declaration to rest, and whether all that is promised holds then. */
export async function runSeed(
  world: SimulatedWorld,
  seed: number,
  trace?: (line: string) => void,
): Promise<SeedResult> {
  const hash = createHash('sha256');
  const tally = new Tally();
  const last: string[] = [];
  let steps = 0;
  const say = (line: string): void => {
    steps += 1;
    hash.update(line).update('\n');
    last.push(`${steps} ${line}`);
    if (last.length > LAST_STEPS) last.shift();
    trace?.(last.at(-1)!);
  };
  world.onStep = (process, label, result) => {
    if (!process.isFree) say(`${process.name}: ${label} → ${result}`);
  };
  const wrong: string[] = [];
  try {
    const drawn = drawWorld(seed);
    const chaos = new Chaos(world, drawn, seed, { say, tally });
    await chaos.begin();
    await chaos.run();
    const calm = new Calm(world, chaos);
    wrong.push(...(await everythingHolds(world, calm, say)));
  } catch (error) {
    wrong.push(`the simulation failed: ${(error as Error).stack ?? String(error)}`);
  } finally {
    for (const process of [...world.processes]) await world.kill(process, () => false);
  }
  const about = { seed, hash: hash.digest('hex').slice(0, 16), steps, faults: tally.toJSON() };
  return { ...about, wrong, last: wrong.length > 0 ? last : [] };
}
