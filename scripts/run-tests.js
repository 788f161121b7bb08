import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPrivateRedis } from './private-redis.js';
import { runProgram, startProgram, throwIfInterrupted } from './program.js';
import { secondsSince } from './show-step.js';

const NO_TESTS = { passed: 0, failed: 0, skipped: 0 };
const SEEDS = 200;
/**
 * The specs of the service in one process in which jobs play a part: these run on both backends of the queues, as all specs of
 * real processes do. What the others show does not depend on who keeps the queues, and once is enough.
 */
const WITH_QUEUES = (
  'decide delivery imports manual-segments pacing preview random-edits reclassification reconciliation scenarios segment ' +
  'settle-delay shadow small-pool sync-soak'
).split(' ');

/**
 * Runs the Jest projects, what has to do with queues on both of their backends, and seeds of the simulation, and closes with
 * the sum of all tests on a line of its own. `jestArgs` go to each run. Resolves with 1 if anything failed or no test ran, else 0.
 */
export async function runTests(jestArgs) {
  console.log('[3/3] tests');
  const resultsFolder = mkdtempSync(join(tmpdir(), 'turnout-tests-'));
  const redis = await redisForTests();
  const { REDIS_URL: _, ...withoutRedis } = process.env;
  const withRedis = { ...withoutRedis, REDIS_URL: redis?.url };
  const runs = [
    { title: 'core', project: 'core', env: withoutRedis },
    { title: 'integration, queues on PostgreSQL', project: 'integration', env: withoutRedis },
    { title: 'simulation', project: 'simulation', env: withoutRedis },
    { title: 'process, queues on PostgreSQL', project: 'process', env: withoutRedis },
    {
      title: 'integration, queues on Redis',
      project: 'integration',
      env: withRedis,
      needsRedis: true,
      only: WITH_QUEUES,
    },
    { title: 'process, queues on Redis', project: 'process', env: withRedis, needsRedis: true },
  ];
  const total = { ...NO_TESTS };
  const add = (counts) => Object.keys(total).forEach((outcome) => (total[outcome] += counts[outcome]));
  let seeds;
  try {
    for (const { title, project, env, needsRedis, only = [] } of runs) {
      console.log(`\n── ${title} ──`);
      if (needsRedis && !redis) {
        console.log('Left out: REDIS_URL is not set and there is no redis-server on the PATH.');
        continue;
      }
      // Specs of real processes wait for half of their time. Who asks for certain tests does not ask for seeds.
      if (project === 'process' && jestArgs.length === 0) seeds ??= startSeeds(withoutRedis, resultsFolder);
      const startedAt = performance.now();
      const counts = await runJest(
        project,
        jestArgs.length > 0 ? jestArgs : named(only),
        env,
        join(resultsFolder, `${title}.json`),
      );
      add(counts);
      console.log(`── ${title}: ${secondsSince(startedAt)} s ──`);
    }
    if (seeds) {
      console.log(`\n── simulation, ${SEEDS} seeds, begun beside the processes ──`);
      add(await resultOf(seeds));
    }
  } finally {
    seeds?.child.kill();
    await seeds?.exited.catch(() => undefined);
    await redis?.stop();
    rmSync(resultsFolder, { recursive: true, force: true });
  }
  console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return total.failed > 0 || total.passed === 0 ? 1 : 0;
}

function named(specs) {
  return specs.length === 0 ? [] : [`/(${specs.join('|')})\\.spec\\.ts$`];
}

async function redisForTests() {
  if (process.env.REDIS_URL) return { url: process.env.REDIS_URL, stop: () => Promise.resolve() };
  return startPrivateRedis();
}

async function runJest(project, jestArgs, env, resultsFile) {
  const { exitCode } = await runProgram(
    process.execPath,
    [
      ...['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
      ...['node_modules/jest/bin/jest.js', '--selectProjects', project, '--passWithNoTests'],
      // Each of these tests starts whole processes: two at once would get in each other's way on a small machine.
      ...(project === 'process' ? ['--runInBand'] : []),
      ...['--json', `--outputFile=${resultsFile}`, ...jestArgs],
    ],
    { env },
  );
  const counts = existsSync(resultsFile) ? countsOf(JSON.parse(readFileSync(resultsFile, 'utf8'))) : NO_TESTS;
  // Jest may fail without a failed test: a global set-up that throws, a coverage that is too low.
  return exitCode !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

/** Those who are simulated take the same steps however slowly, so that they can do with what others leave them. */
function startSeeds(env, resultsFolder) {
  const resultsFile = join(resultsFolder, 'seeds.json');
  const args = ['--import', 'tsx', 'test/simulation/simulate.ts', '--seeds', String(SEEDS), '--result', resultsFile];
  const { child, exited } = startProgram(process.execPath, args, { env, isQuiet: true });
  exited.catch(() => undefined); // said when it is waited for
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  return { child, exited, resultsFile };
}

/** Each seed counts as a test. */
async function resultOf({ exited, resultsFile }) {
  const { exitCode, output } = await exited;
  throwIfInterrupted();
  console.log(output.trimEnd());
  const { seeds, failed } = existsSync(resultsFile)
    ? JSON.parse(readFileSync(resultsFile, 'utf8'))
    : { seeds: 0, failed: 0 };
  const isUntold = exitCode !== 0 && failed === 0;
  return { passed: seeds - failed, failed: isUntold ? 1 : failed, skipped: 0 };
}

function countsOf(results) {
  return {
    passed: results.numPassedTests,
    // A file that can't be loaded has no tests to fail.
    failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
    skipped: results.numPendingTests + results.numTodoTests,
  };
}
