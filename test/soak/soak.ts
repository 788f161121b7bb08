/**
 * Pushes under fire: random memberships change while a fifth of the destination's answers go wrong, with several processes at
 * work; then the destination is tampered with and reconciled once.
 *
 *   npm run soak:sync -- --changes 100000 --seed 1
 *
 * Ends with 1 unless everything arrived, no limit was exceeded and nothing drifted.
 */
import { parseArgs } from 'node:util';
import { Pool } from 'pg';
import { startScratchPostgres } from '../support/scratch-postgres.js';
import { startCustomerioServer } from '../support/customerio-server/customerio-server.js';
import { ServiceProcess } from '../support/service-process.js';
import { TurnoutClient, turnoutEnv } from '../support/turnout.js';
import { soak } from './sync-soak.js';

const { values: given } = parseArgs({
  options: {
    changes: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    segments: { type: 'string', default: '10' },
    people: { type: 'string', default: '4000' },
    faults: { type: 'string', default: '0.2' },
    limit: { type: 'string', default: '100' },
    'app-limit': { type: 'string', default: '10' },
    workers: { type: 'string', default: '2' },
  },
});
const option = (name: keyof typeof given): number => Number(given[name]);
const startedAt = performance.now();
const seconds = (): string => `${Math.round((performance.now() - startedAt) / 1_000)} s`.padStart(6);
const say = (line: string): void => console.log(`${seconds()}  ${line}`);

const postgres = await startScratchPostgres();
const customerio = await startCustomerioServer();
const pool = new Pool({ connectionString: postgres.url, max: 2 });
const processes: ServiceProcess[] = [];
try {
  const env = {
    ...turnoutEnv({ url: postgres.url }, customerio),
    API_BODY_LIMIT_BYTES: '1000000',
    CUSTOMERIO_REQUESTS_PER_SECOND: given.limit,
    CUSTOMERIO_APP_REQUESTS_PER_SECOND: given['app-limit'],
    DELIVERY_TIMEOUT_MS: '1000',
    DELIVERY_LEASE_MS: '10000',
    SWEEP_INTERVAL_MS: '100',
    HEALTH_PORT: '0',
  };
  const api = await ServiceProcess.start({ ...env, TURNOUT_ROLES: 'api' });
  processes.push(api);
  for (let n = 0; n < option('workers'); n++) processes.push(await ServiceProcess.start(env, 'worker'));
  const client = new TurnoutClient(api.url, api.firstKey!);
  const { changes, segments, people, seed, faults } = {
    changes: option('changes'),
    segments: option('segments'),
    people: option('people'),
    seed: option('seed'),
    faults: option('faults'),
  };
  say(`${changes} changes, ${option('workers')} workers, ${faults * 100}% of the answers go wrong, seed ${seed}`);
  const result = await soak(
    { client, pool, customerio },
    { changes, segments, people, seed, faults, patienceMs: 180_000, say },
  );
  const isRight =
    result.transitions >= changes &&
    result.driftAfterRetries === 0 &&
    result.driftAfterReconciliation === 0 &&
    result.lostEvents === 0 &&
    result.found === result.tampered &&
    result.mostInFlight <= 1 &&
    result.mostTrack <= option('limit') &&
    result.mostApp <= option('app-limit');
  console.log(JSON.stringify({ name: 'soak:sync', ...given, ...result, took: seconds().trim(), isRight }));
  process.exitCode = isRight ? 0 : 1;
} finally {
  await Promise.all(processes.map((one) => one.end('SIGTERM')));
  await pool.end();
  await customerio.stop();
  await postgres.stop();
}
