/**
 * Kills a real process of the service, as kill -9 does, at each numbered step of its work, while events come in, rules change
 * and journeys ask; starts it again, and sees that nothing was lost or doubled.
 *
 *   npm run kills -- --kills 20 --seed 1 [--only settler] [--redis redis://127.0.0.1:6379]
 *
 * Ends with 1 unless everything holds, and every step was met.
 */
import { parseArgs } from 'node:util';
import { pathToFileURL } from 'node:url';
import { startScratchPostgres } from '../support/scratch-postgres.js';
import { startCustomerioServer } from '../support/customerio-server/customerio-server.js';
import { randomNumbers } from '../support/random-numbers.js';
import { ServiceProcess } from '../support/service-process.js';
import { TurnoutClient, turnoutEnv } from '../support/turnout.js';
import { momentsOf, STEPS, type Moment, type Step } from './steps.js';
import { World } from './world.js';

const { values: options } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    redis: { type: 'string' },
  },
});
const KILLER = pathToFileURL('test/kills/killer.js').href;
const LAST_WORDS = 'killed at the step';
/** How long a process may go on before its step is taken for never met. */
const LONGEST_LIFE_MS = 30_000;
/** The step is met for the n-th time at the most. */
const MOST_PASSED_BY = 3;

const postgres = await startScratchPostgres();
const customerio = await startCustomerioServer();
const random = randomNumbers(Number(options.seed));
const world = await World.on(postgres.url, customerio, random);
const env = {
  ...turnoutEnv({ url: postgres.url }, customerio),
  ...(options.redis && { REDIS_URL: options.redis }),
  TURNOUT_ROLES: 'api,worker',
};
let key = '';

try {
  process.exitCode = await run();
} finally {
  await world.pool.end();
  await customerio.stop();
  await postgres.stop();
}

async function run(): Promise<number> {
  await inPeace((client) => world.declare(client));
  const chosen = STEPS.filter(({ part, name }) => `${part}: ${name}`.includes(options.only));
  const problems: string[] = [];
  let [kills, longestMs] = [0, 0];
  for (const [index, step] of chosen.entries()) {
    const title = `${String(index + 1).padStart(2)}. ${step.part}: ${step.name}`;
    const met = await killAt(step, Number(options.kills));
    const { wrong, recoveredInMs } = await inPeace((client) => world.standing(client));
    if (met < Number(options.kills)) wrong.push(`it was met ${met} times only`);
    console.log(`${title.padEnd(56)} ${met} kills, all right ${Math.round(recoveredInMs)} ms after the last`);
    for (const one of wrong) console.log(`    ${one}`);
    problems.push(...wrong);
    kills += met;
    longestMs = Math.max(longestMs, recoveredInMs);
  }
  const result = { steps: chosen.length, kills, problems: problems.length, longestRecoveryMs: Math.round(longestMs) };
  console.log(
    JSON.stringify({ name: 'kills', queues: options.redis ? 'redis' : 'postgres', seed: options.seed, ...result }),
  );
  return problems.length === 0 ? 0 : 1;
}

/** So many lives that end at a step, at its moments by turns; how many did. */
async function killAt(step: Step, times: number): Promise<number> {
  const moments = momentsOf(step);
  let met = 0;
  for (let life = 0; life < times; life++) {
    const nth = 1 + Math.floor(random() * MOST_PASSED_BY);
    if (await liveAndDie(step, moments[life % moments.length]!, nth)) met += 1;
  }
  return met;
}

/** One life of a process that is to be killed; whether it was. */
async function liveAndDie({ statement }: Step, moment: Moment, nth: number): Promise<boolean> {
  const killAt = { KILL_AT: JSON.stringify({ statement, moment, nth }), NODE_OPTIONS: `--import ${KILLER}` };
  let service: ServiceProcess | undefined;
  try {
    service = await ServiceProcess.start({ ...env, ...killAt });
    const client = new TurnoutClient(service.url, key);
    const until = performance.now() + LONGEST_LIFE_MS;
    while (performance.now() < until) await world.happen(client);
  } catch (error) {
    // Gone in the middle of an answer, or before it was ready; whether by the killer is what it printed.
    if (String(error).includes(LAST_WORDS)) return true;
    await service?.ended();
    if (!service?.printed.includes(LAST_WORDS)) throw error;
  } finally {
    await service?.end('SIGKILL');
  }
  return service.printed.includes(LAST_WORDS);
}

/** Something done by a process that nobody kills. */
async function inPeace<T>(work: (client: TurnoutClient) => Promise<T>): Promise<T> {
  const service = await ServiceProcess.start(env);
  try {
    key ||= service.firstKey!;
    return await work(new TurnoutClient(service.url, key));
  } finally {
    await service.end('SIGTERM');
  }
}
