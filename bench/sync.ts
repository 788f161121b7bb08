/**
 * Pushes, at what speed: memberships that are owed, from the start of a worker to the last one accepted, beside a bare loop that
 * sends the very same requests to the same stand-in for Customer.io in the same run, as many at once; and beside one that
 * does the same while it reads and settles the very same rows, since no push that is remembered can do without. Then how long
 * an event takes from its webhook to the accepted push, at a steady rate and with a settle delay of zero.
 *
 *   npm run bench:sync -- --changes 50000 --segments 10 --rate 200 --seconds 10
 *
 * `--seconds 0` leaves the latency out; `--profile` writes a CPU profile of the worker; `--statements` tells what PostgreSQL
 * was busy with.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startScratchPostgres } from '../test/support/scratch-postgres.js';
import { median, quantile } from './measure.js';
import { COUNTING_STATEMENTS } from './statements.js';
import { latencies } from './sync/latencies.js';
import { throughput, type Throughput } from './sync/throughput.js';

const { values: given } = parseArgs({
  options: {
    changes: { type: 'string', default: '50000' },
    segments: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
    rate: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '10' },
    profile: { type: 'boolean', default: false },
    statements: { type: 'boolean', default: false },
  },
});
const option = (name: Exclude<keyof typeof given, 'profile' | 'statements'>): number => Number(given[name]);
const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;

/** The run whose ratio to the bare loop is the middle one. */
async function measureThroughput(adminUrl: string, postgresPid: number): Promise<Throughput> {
  const folder = mkdtempSync(join(tmpdir(), 'turnout-bench-sync-'));
  const segments = option('segments');
  const runs: Throughput[] = [];
  for (let round = 0; round < option('rounds'); round++) {
    const run = await throughput({
      ...{ adminUrl, postgresPid, folder, segments },
      people: Math.ceil(option('changes') / segments),
      isProfiled: given.profile,
      isCounting: given.statements,
    });
    runs.push(run);
    const [ours, bare, sameRows] = [run.ours, run.bare, run.sameRows].map(Math.round);
    console.log(`${ours} changes/s; the same ${run.requests} requests in a bare loop: ${bare} changes/s`);
    console.log(`  with the same rows read and settled meanwhile: ${sameRows} changes/s`);
    const { worker, postgres, standIn } = run.cpu;
    console.log(`  processor time a change, µs: worker ${worker}, PostgreSQL ${postgres}, stand-in ${standIn}`);
  }
  rmSync(folder, { recursive: true, force: true });
  return runs.sort((a, b) => a.ours / a.bare - b.ours / b.bare)[Math.floor(runs.length / 2)]!;
}

async function measureLatency(adminUrl: string): Promise<Record<string, number>> {
  if (option('seconds') === 0) return {};
  const { answered, pushed } = await latencies(adminUrl, { rate: option('rate'), seconds: option('seconds') });
  const found = { answeredP50Ms: median(answered), p50Ms: median(pushed), p99Ms: quantile(pushed, 0.99) };
  const { answeredP50Ms, p50Ms, p99Ms } = found;
  console.log(
    `at ${given.rate} webhooks/s: answered after p50 ${answeredP50Ms} ms, pushed after p50 ${p50Ms} ms, p99 ${p99Ms} ms`,
  );
  return found;
}

const postgres = await startScratchPostgres(given.statements ? COUNTING_STATEMENTS : {});
try {
  const { ours, bare, sameRows, requests, cpu } = await measureThroughput(postgres.url, postgres.pid);
  const latency = await measureLatency(postgres.url);
  console.log(
    JSON.stringify({
      name: 'sync',
      figure: Math.round(ours),
      unit: 'changes/s',
      ceiling: Math.round(bare),
      ratio: rounded(ours / bare),
      sameRows: { ceiling: Math.round(sameRows), ratio: rounded(ours / sameRows) },
      cpuMicroseconds: cpu,
      ...given,
      requests,
      ...latency,
    }),
  );
} finally {
  await postgres.stop();
}
