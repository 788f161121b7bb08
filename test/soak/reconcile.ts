/**
 * The memory of a worker that compares a very large segment with what Customer.io holds, and repairs it.
 *
 *   npm run soak:reconcile -- --members 1000000 --most 200
 *
 * Ends with 1 if the worker's memory grew by more than so many megabytes, or if anything was left to be repaired.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Pool } from 'pg';
import { startScratchPostgres } from '../support/scratch-postgres.js';
import { ServiceProcess } from '../support/service-process.js';
import { TurnoutClient, turnoutEnv, type JsonObject } from '../support/turnout.js';
import { LargeSegment, ONE_MISSING_IN, seedPushed } from './large-segment.js';

const { values: given } = parseArgs({
  options: { members: { type: 'string', default: '1000000' }, most: { type: 'string', default: '200' } },
});
const members = Number(given.members);
const SEGMENT = 7;
const RUNS = '/v1/destinations/customerio/reconciliations';
const A_LOOK_MS = 50;
const startedAt = performance.now();
const say = (line: string): void =>
  console.log(`${Math.round((performance.now() - startedAt) / 1_000)} s`.padStart(6) + `  ${line}`);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What a process has in memory, in MB. */
function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1_024;
}

/** Compares once and waits until all that it found is sent; the run, and the most that the worker had in memory meanwhile. */
async function compareOnce(
  client: TurnoutClient,
  pool: Pool,
  pid: number,
): Promise<{ run: JsonObject; peakMb: number }> {
  let peakMb = residentMb(pid);
  let isWatched = true;
  const watching = (async () => {
    for (; isWatched; await pause(A_LOOK_MS)) peakMb = Math.max(peakMb, residentMb(pid));
  })();
  await client.must('POST', RUNS, {});
  for (;;) {
    await pause(250);
    const [run] = (await client.must('GET', RUNS)).reconciliations as JsonObject[];
    if (run!.finishedAt === null) continue;
    const { rows } = await pool.query<{ owed: number }>(
      'SELECT count(*)::integer AS owed FROM outbox WHERE due_at IS NOT NULL OR claim IS NOT NULL',
    );
    if (rows[0]!.owed > 0) continue;
    isWatched = false;
    await watching;
    return { run: run!, peakMb };
  }
}

const postgres = await startScratchPostgres();
const customerio = await LargeSegment.start(members);
const pool = new Pool({ connectionString: postgres.url, max: 2 });
const processes: ServiceProcess[] = [];
try {
  const env = {
    ...turnoutEnv({ url: postgres.url }),
    CUSTOMERIO_SITE_ID: 'site',
    CUSTOMERIO_API_KEY: 'track-key',
    CUSTOMERIO_APP_API_KEY: 'app-key',
    CUSTOMERIO_TRACK_URL: customerio.url,
    CUSTOMERIO_APP_URL: customerio.url,
    CUSTOMERIO_APP_REQUESTS_PER_SECOND: '10',
    SWEEP_INTERVAL_MS: '100',
    HEALTH_PORT: '0',
  };
  const api = await ServiceProcess.start({ ...env, TURNOUT_ROLES: 'api' });
  processes.push(api);
  const client = new TurnoutClient(api.url, api.firstKey!);
  await client.must('POST', '/v1/segments/large/manual', { push: { customerio: { segmentId: SEGMENT } } });
  await seedPushed(pool, members, SEGMENT);
  say(`${members} members are pushed`);
  const worker = await ServiceProcess.start(env, 'worker');
  processes.push(worker);
  while ((await pool.query('SELECT FROM backfills')).rowCount !== 0) await pause(250);
  await pause(2_000);
  const startMb = residentMb(worker.pid);
  const first = await compareOnce(client, pool, worker.pid);
  const second = await compareOnce(client, pool, worker.pid);
  const peakMb = Math.max(first.peakMb, second.peakMb);
  const isMended = first.run.missing === Math.floor(members / ONE_MISSING_IN) && second.run.missing === 0;
  const isRight = isMended && second.run.held === members && peakMb - startMb <= Number(given.most);
  say(
    `missing ${first.run.missing}, then ${second.run.missing}; memory from ${startMb.toFixed(0)} to ${peakMb.toFixed(0)} MB`,
  );
  const { missing, causes } = first.run;
  console.log(JSON.stringify({ name: 'soak:reconcile', ...given, startMb, peakMb, missing, causes, isRight }));
  process.exitCode = isRight ? 0 : 1;
} finally {
  await Promise.all(processes.map((one) => one.end('SIGTERM')));
  await pool.end();
  await customerio.stop();
  await postgres.stop();
}
