// `npm run mutants:pipeline`: plants mistakes in the way from an event to a destination, one at a time, in a copy of the
// project, and tells which specs or seeds of the simulation notice each. `-- --only text` chooses by name, `--seeds n` says
// how many seeds are tried where no spec has noticed.
import { constants } from 'node:os';
import { parseArgs } from 'node:util';
import type { Stage } from '../stages.js';
import { Workshop, type Bench, type StageEnd } from '../workbench.js';
import { PLANTED_FAULTS, type PlantedFault } from './faults.js';
import { planted } from './plant.js';

const { values: options } = parseArgs({
  options: { only: { type: 'string', default: '' }, seeds: { type: 'string', default: '40' } },
});
const LONGEST_SECONDS = 900;

const workshop = await Workshop.open();
process.on('exit', () => workshop.close());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => process.exit(128 + constants.signals[signal]));
}
process.exitCode = await run();

async function run(): Promise<number> {
  const chosen = PLANTED_FAULTS.filter((fault) => fault.name.includes(options.only));
  const bench = await workshop.bench('copy');
  for (const fault of chosen) planted(await bench.textOf(fault.file), fault);
  console.log(`${chosen.length} faults, each of which can be planted.`);
  const survivors: string[] = [];
  for (const fault of chosen) {
    const by = await caughtBy(bench, fault);
    console.log(
      `${by === undefined ? 'SURVIVED' : 'caught  '}  ${fault.name}${by === undefined ? '' : `\n            by ${by}`}`,
    );
    if (by === undefined) survivors.push(fault.name);
  }
  const [all, caught] = [chosen.length, chosen.length - survivors.length];
  console.log(JSON.stringify({ name: 'mutants:pipeline', planted: all, caught, survivors }));
  return survivors.length === 0 ? 0 : 1;
}

/** What notices a fault; undefined if nothing does. */
function caughtBy(bench: Bench, fault: PlantedFault): Promise<string | undefined> {
  const plant = (source: string): string => planted(source, fault);
  return bench.withChanged(fault.file, plant, async () => {
    for (const stage of [specs(fault), simulation()]) {
      const end = await bench.run(stage, [], LONGEST_SECONDS);
      if (end.outcome !== 'passed') return `${stage.name}: ${whatNoticed(stage, end)}`;
    }
    return undefined;
  });
}

function specs(fault: PlantedFault): Stage {
  const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
  const how = ['--selectProjects', 'integration', '--runInBand', '--bail', '--ci', '--forceExit', '--testPathPatterns'];
  return { name: 'specs', args: () => [...jest, ...how, ...fault.specs] };
}

function simulation(): Stage {
  const program = ['--import', 'tsx', 'test/simulation/simulate.ts'];
  return { name: 'simulation', args: () => [...program, '--seeds', options.seeds, '--again', '0'] };
}

/**
 * The name of the first test that failed, or what did not hold in the first seed. Throws where nothing was tried: a test
 * server that does not start notices nothing.
 */
function whatNoticed({ name }: Stage, { outcome, output }: StageEnd): string {
  if (outcome === 'timeout') return 'it did not come to an end';
  const test = /● (.+)/.exec(output)?.[1];
  const seed = /Seed (\d+) [^\n]*\n\s+([^\n]+)/.exec(output);
  if (test !== undefined) return test;
  if (seed) return `seed ${seed[1]}: ${seed[2]}`;
  throw new Error(`The ${name} could not be run:\n${output.trim().split('\n').slice(-20).join('\n')}`);
}
