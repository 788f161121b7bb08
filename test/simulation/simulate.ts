/**
 * Runs the service in a simulated world, once for each seed, and tells what did not hold:
 *
 *   npm run simulate -- --seeds 10000 --from 1
 *   npm run simulate -- --seeds 1 --from 4711 --trace
 *
 * `--jobs` is how many run at the same time; of every `--again` seeds one runs twice, and has to take the same steps. The
 * last line, JSON, also goes to the file `--result`.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compiled } from './compiled.js';
import type { SeedResult } from './run-seed.js';
import { Tally } from './tally.js';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '2' },
    again: { type: 'string', default: '20' },
    trace: { type: 'boolean', default: false },
    result: { type: 'string' },
  },
});
const [seeds, from, jobs, again] = [values.seeds, values.from, values.jobs, values.again].map(Number) as [
  number,
  number,
  number,
  number,
];
/** A process of the service that starts makes eight megabytes of objects that stay for a while. */
const EXEC_ARGV = ['--enable-source-maps', '--max-semi-space-size=64', '--single-threaded-gc'];
const SHOWN_EVERY_MS = 10_000;

const began = performance.now();
const tally = new Tally();
const failed: SeedResult[] = [];
let [next, done, steps, repeated] = [from, 0, 0, 0];
let shownAt = began;

const program = join(compiled(), 'test/simulation/worker.js');
const server = process.env.TEST_ADMIN_URL === undefined ? await startServer() : undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => process.exit(128 + constants.signals[signal]));
await Promise.all(Array.from({ length: Math.min(jobs, seeds) }, work));
report();
server?.disconnect();
process.exitCode = failed.length === 0 ? 0 : 1;

/** Runs seeds in a process of its own until none is left. */
async function work(): Promise<void> {
  const child = fork(program, { execArgv: EXEC_ARGV });
  await answerOf(child);
  while (next < from + seeds) {
    const seed = next++;
    const isRepeated = again > 0 && seed % again === 0;
    const result = await run(child, seed, isRepeated);
    if (isRepeated) {
      repeated += 1;
      const second = await run(child, seed, isRepeated);
      if (second.hash !== result.hash) result.wrong.push(`the second time ${difference(result, second)}`);
    }
    note(result);
  }
  child.disconnect();
  await once(child, 'exit');
}

async function run(child: ChildProcess, seed: number, isKept: boolean): Promise<SeedResult> {
  child.send({ seed, isTraced: values.trace, isKept });
  return (await answerOf(child)) as SeedResult;
}

/** Where the same seed first went another way. */
function difference({ all }: SeedResult, second: SeedResult): string {
  const at = all.findIndex((line, index) => line !== second.all[index]);
  if (at < 0) return `it takes ${second.all.length} steps after ${all.length}`;
  const around = (lines: readonly string[]): string => lines.slice(Math.max(0, at - 4), at + 12).join('\n    ');
  return `it takes other steps from ${at + 1} on:\n    ${around(all)}\n  the second time:\n    ${around(second.all)}`;
}

function answerOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = (): void => reject(new Error('A process of the simulation ended.'));
    child.once('exit', onExit);
    child.once('message', (answer) => {
      child.off('exit', onExit);
      resolve(answer);
    });
  });
}

function note(result: SeedResult): void {
  done += 1;
  steps += result.steps;
  tally.addAll(new Tally(result.faults));
  if (result.wrong.length > 0) {
    failed.push(result);
    console.log(`Seed ${result.seed} (npm run simulate -- --seeds 1 --from ${result.seed} --trace):`);
    for (const line of result.wrong.slice(0, 12)) console.log(`  ${line}`);
    console.log(`  Its last steps:\n    ${result.last.join('\n    ')}`);
  }
  if (performance.now() - shownAt < SHOWN_EVERY_MS) return;
  shownAt = performance.now();
  console.log(`${done} of ${seeds} seeds, ${steps} steps, ${tally.total} faults, ${failed.length} failed`);
}

function report(): void {
  for (const [kind, count] of Object.entries(tally.toJSON())) console.log(`${String(count).padStart(9)}  ${kind}`);
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  const result = JSON.stringify({
    ...{ name: 'simulate', seeds: done, from, steps, faults: tally.total, repeated, failed: failed.length, seconds },
    failedSeeds: failed.map((one) => one.seed).slice(0, 50),
  });
  console.log(result);
  if (values.result !== undefined) writeFileSync(values.result, result);
}

/** The PostgreSQL of the tests, which ends with us. */
async function startServer(): Promise<ChildProcess> {
  const server = fileURLToPath(new URL('../support/test-server.ts', import.meta.url));
  const child = fork(server, { execArgv: ['--import', 'tsx'] });
  process.env.TEST_ADMIN_URL = (await answerOf(child)) as string;
  return child;
}
