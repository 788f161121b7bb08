/**
 * Takes from under a running service what it stands on, again and again, while events come in, rules change and journeys ask;
 * the process itself is never started again, and has two connections to the database. Sees that nothing was lost or doubled.
 *
 *   npm run outages -- --times 20 --seed 1 [--only Redis] [--redis]
 *
 * Ends with 1 unless everything holds.
 */
import { parseArgs } from 'node:util';
import { startCustomerioServer } from '../support/customerio-server/customerio-server.js';
import { randomNumbers } from '../support/random-numbers.js';
import { startRedis } from '../support/redis.js';
import { startScratchPostgres } from '../support/scratch-postgres.js';
import { ServiceProcess } from '../support/service-process.js';
import { TurnoutClient, turnoutEnv } from '../support/turnout.js';
import { livesThrough, outagesWith } from './outages.js';
import { World } from './world.js';

const { values: options } = parseArgs({
  options: {
    times: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    redis: { type: 'boolean', default: false },
  },
});

const postgres = await startScratchPostgres();
const redis = options.redis ? await startRedis() : undefined;
if (options.redis && !redis) throw new Error('There is no redis-server on this machine.');
const customerio = await startCustomerioServer();
const world = await World.on(postgres.url, customerio, randomNumbers(Number(options.seed)));
const service = await ServiceProcess.start({
  ...turnoutEnv({ url: postgres.url }, customerio),
  ...(redis && { REDIS_URL: redis.url }),
  ...{ TURNOUT_ROLES: 'api,worker', DATABASE_POOL_SIZE: '2' },
});

try {
  process.exitCode = await run(new TurnoutClient(service.url, service.firstKey!));
} finally {
  await service.end('SIGKILL');
  await world.pool.end();
  await customerio.stop();
  await redis?.stop();
  await postgres.stop();
}

async function run(client: TurnoutClient): Promise<number> {
  await world.declare(client);
  const queues = redis ? 'redis' : 'postgres';
  const chosen = outagesWith(queues).filter(({ name }) => name.includes(options.only));
  const problems: string[] = [];
  let longestMs = 0;
  for (const outage of chosen) {
    let slowestMs = 0;
    const found: string[] = [];
    for (let time = 0; time < Number(options.times); time++) {
      await livesThrough(outage, world, client, { postgres, redis });
      const { wrong, recoveredInMs } = await world.standing(client);
      found.push(...wrong);
      slowestMs = Math.max(slowestMs, recoveredInMs);
    }
    console.log(
      `${outage.name.padEnd(58)} ${options.times} times, all done ${Math.round(slowestMs)} ms after it at most`,
    );
    for (const one of found) console.log(`    ${one}`);
    problems.push(...found);
    longestMs = Math.max(longestMs, slowestMs);
  }
  const result = { outages: chosen.length, times: Number(options.times), problems: problems.length };
  console.log(
    JSON.stringify({
      name: 'outages',
      queues,
      seed: options.seed,
      ...result,
      longestRecoveryMs: Math.round(longestMs),
    }),
  );
  return problems.length === 0 ? 0 : 1;
}
