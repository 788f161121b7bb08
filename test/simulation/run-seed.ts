import { createHash } from 'node:crypto';
import { Calm } from './calm.js';
import { Chaos } from './chaos.js';
import { everythingHolds } from './checks.js';
import { drawWorld } from './drawn-world.js';
import type { SimulatedWorld } from './simulated-world.js';
import { Tally } from './tally.js';
import { currentProcess, currentStrand } from './virtual-process.js';

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
  /** All of them, where they are asked for. */
  all: string[];
}

const LAST_STEPS = 40;

/** Everything that a seed draws, from the first declaration to rest, and whether all that is promised holds then. */
export async function runSeed(
  world: SimulatedWorld,
  seed: number,
  { trace, isKept }: { trace?: ((line: string) => void) | undefined; isKept?: boolean | undefined } = {},
): Promise<SeedResult> {
  const hash = createHash('sha256');
  const tally = new Tally();
  const last: string[] = [];
  const all: string[] = [];
  let steps = 0;
  const write = (line: string): void => {
    steps += 1;
    hash.update(line).update('\n');
    last.push(`${steps} ${line}`);
    if (last.length > LAST_STEPS) last.shift();
    if (isKept) all.push(line);
    trace?.(last.at(-1)!);
  };
  const lines = new LinesByStrand(write);
  const say = (line: string): void => lines.add(line);
  world.onStep = (process, label, result) => {
    if (!process.isFree && !process.isUndisturbed) say(`${process.name}: ${label} → ${result}`);
  };
  world.onRest = () => lines.write();
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
    lines.write();
  }
  const about = { seed, hash: hash.digest('hex').slice(0, 16), steps, faults: tally.toJSON() };
  return { ...about, wrong, last: wrong.length > 0 ? last : [], all };
}

/** What is told between two rests. Where two have gone on at the same time, it does not matter which told of it first. */
class LinesByStrand {
  private told: { strand: string; line: string }[] = [];

  constructor(private readonly writeOne: (line: string) => void) {}

  add(line: string): void {
    const process = currentProcess();
    if (process) this.told.push({ strand: `${process.name} ${String(currentStrand()).padStart(9)}`, line });
    else {
      this.write();
      this.writeOne(line);
    }
  }

  write(): void {
    const told = this.told;
    this.told = [];
    told.sort((a, b) => (a.strand < b.strand ? -1 : a.strand > b.strand ? 1 : 0));
    for (const { line } of told) this.writeOne(line);
  }
}
