// `npm run mutants`: plants small mistakes in the core, one at a time, each in a copy of the project, and tells which of
// them the tests notice. `-- --all`, `--count n`, `--seed n`, `--file path` choose the mutants; `--list` only shows them.
import { readdirSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EXCLUDED_FILES, EXCLUDED_NAMES } from './excluded.js';
import { mutantsOf, type Mutant } from './mutate.js';
import { percent, printDoubts, printMutant, printReport, scoreOf, staleExplanations } from './report.js';
import { sampleOf } from './sample.js';
import { measureLimits, tryMutant, type Limits, type Trial } from './trial.js';
import { Workshop, type Bench } from './workbench.js';

const CORE = 'src/core';
const DEFAULT_COUNT = 200;
const BENCHES = 2;
const BATCH = 10;
const LEAST_SCORE = 0.9;
const LEAST_PLANTED = 30;

const { values: options } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    count: { type: 'string', default: String(DEFAULT_COUNT) },
    seed: { type: 'string', default: '1' },
    file: { type: 'string' },
    list: { type: 'boolean', default: false },
  },
});
const count = wholeNumber('count');
const seed = wholeNumber('seed');

const workshop = await Workshop.open();
// However this ends, nothing is left behind: neither programs nor copies.
process.on('exit', () => workshop.close());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => process.exit(128 + constants.signals[signal]));
}
process.exitCode = await run();

async function run(): Promise<number> {
  const first = await workshop.bench('copy-1');
  const files = readdirSync(CORE, { recursive: true, encoding: 'utf8' })
    .map((name) => join(CORE, name).replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts') && !EXCLUDED_FILES.some((excluded) => excluded.path.test(path)))
    .sort();
  const mutants = (await Promise.all(files.map(async (file) => mutantsOf(file, await first.textOf(file))))).flat();
  const chosen = choose(mutants);
  printChoice(mutants, chosen, files);
  if (options.list) {
    chosen.forEach(printMutant);
    return 0;
  }
  const benches = [first];
  while (benches.length < BENCHES) benches.push(await first.copy(`copy-${benches.length + 1}`));
  const trials = await tryAll(benches, chosen, await limitsOf(benches, files));
  printReport(trials);
  printDoubts(staleExplanations(mutants), trials);
  return conclude(trials);
}

function choose(mutants: readonly Mutant[]): Mutant[] {
  const { file = '' } = options;
  const wanted = mutants.filter((mutant) => mutant.file.startsWith(file.replace(/^\.\//, '')));
  return options.all ? wanted : sampleOf(wanted, count, seed);
}

function printChoice(mutants: readonly Mutant[], chosen: readonly Mutant[], files: readonly string[]): void {
  const how = options.all ? '' : `, seed ${seed}`;
  console.log(`${mutants.length} mutants of ${files.length} files in ${CORE}; ${chosen.length} of them chosen${how}.`);
  for (const { name, why } of EXCLUDED_NAMES) console.log(`  left alone: ${name.source}  ${why}`);
  console.log();
}

/** On all copies at once, as the mutants are tried later. */
async function limitsOf(benches: readonly Bench[], files: readonly string[]): Promise<Limits> {
  const startedAt = performance.now();
  console.log('Without a mutant …');
  const measured = await Promise.all(benches.map((bench) => measureLimits(bench, files)));
  console.log(`All stages pass without a mutant (${secondsSince(startedAt)} s).\n`);
  const names = [...measured[0]!.keys()];
  return new Map(names.map((name) => [name, Math.max(...measured.map((limits) => limits.get(name)!))]));
}

async function tryAll(benches: readonly Bench[], chosen: readonly Mutant[], limits: Limits): Promise<Trial[]> {
  const startedAt = performance.now();
  const trials: Trial[] = [];
  const queue = [...chosen];
  const work = async (bench: Bench): Promise<void> => {
    for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
      const trial = await tryMutant(bench, mutant, limits);
      trials.push(trial);
      if (trial.outcome === 'survived') printMutant(mutant);
      if (trials.length % BATCH === 0 || trials.length === chosen.length) {
        printProgress(trials, chosen.length, startedAt);
      }
    }
  };
  await Promise.all(benches.map(work));
  console.log();
  return trials;
}

function printProgress(trials: readonly Trial[], all: number, startedAt: number): void {
  const number = (outcome: Trial['outcome']): number => trials.filter((trial) => trial.outcome === outcome).length;
  const sum = `caught ${number('caught')}, timeout ${number('timeout')}, survived ${number('survived')}`;
  console.log(`${String(trials.length).padStart(5)}/${all}  ${sum}  (${secondsSince(startedAt)} s)`);
}

function conclude(trials: readonly Trial[]): number {
  const result = scoreOf(trials);
  const { planted, explained, caught, score } = result;
  console.log(`Caught ${caught} of ${planted - explained} that can be noticed: ${percent(score)}.`);
  // A look at a part may find less to plant.
  const isEnough = planted >= LEAST_PLANTED || options.file !== undefined;
  if (!isEnough) console.log(`Too few: ${LEAST_PLANTED} have to be planted.`);
  if (score < LEAST_SCORE) console.log(`Too low: ${percent(LEAST_SCORE)} have to be caught.`);
  console.log(JSON.stringify({ name: 'mutants', ...result, seed }));
  return isEnough && score >= LEAST_SCORE ? 0 : 1;
}

function wholeNumber(name: 'count' | 'seed'): number {
  const number = Number(options[name]);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`--${name} has to be a whole number.`);
  return number;
}

function secondsSince(startedAt: number): string {
  return ((performance.now() - startedAt) / 1_000).toFixed(0);
}
