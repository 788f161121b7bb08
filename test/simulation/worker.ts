import 'reflect-metadata';
import { runSeed } from './run-seed.js';
import { SimulatedWorld } from './simulated-world.js';

/** A program: runs the seeds that its parent process names, one after the other, and tells what came of each. */
interface Request {
  seed: number;
  isTraced?: boolean;
  isKept?: boolean;
}

// Nest asks for a variable of the environment at each step of each start, and the real one is slow to answer.
process.env = { ...process.env };
const world = await SimulatedWorld.create();

process.on('message', ({ seed, isTraced, isKept }: Request) => {
  const trace = isTraced ? (line: string) => console.log(line) : undefined;
  void runSeed(world, seed, { trace, isKept }).then((result) => process.send?.(result));
});

process.on('disconnect', () => void world.close().finally(() => process.exit()));

process.send?.('ready');
