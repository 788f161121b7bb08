/**
 * How fast journeys are answered, over everybody and many journeys: from a request to its answer, beside bare Fastify with
 * one indexed read of the same rows by the same driver, in the same run and under the same load.
 *
 *   npm run bench:decide -- --profiles 1000000 --events 20000000 --journeys 100
 *
 * `--requests` and `--connections` are for the throughput, in `--rounds` by turns; `--seconds` is how long requests come
 * steadily for the latency (0: left out), at `--rate` a second, and once more while webhooks come in at half of what the
 * service takes: unless given, a quarter of our own throughput, so that both together leave a process room. `--pinned` gives
 * every question a run of its own, so that it is written before its answer. `--data` names a folder that keeps the data for
 * the next run; `--profile` writes a CPU profile of the service.
 */
import type { ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { migrateDatabase } from '../src/platform/database.js';
import { startEmbeddedPostgres } from '../src/platform/embedded-postgres/embedded-postgres.js';
import { fill, journeyOf, tellStarts } from './decide/data.js';
import { randomNumbers } from '../test/support/random-numbers.js';
import { cpuMsOf } from './ingest/cpu.js';
import { sendAll, sendSteadily } from './ingest/load.js';
import { facts, postOf, SIGNING_KEY, take, webhookRequest } from './ingest/workload.js';
import { median, quantile } from './measure.js';
import { putTo, startProgram, startWorker, stopProgram, type Program } from './programs.js';

const { values: given } = parseArgs({
  options: {
    profiles: { type: 'string', default: '1000000' },
    events: { type: 'string', default: '20000000' },
    journeys: { type: 'string', default: '100' },
    requests: { type: 'string', default: '10000' },
    connections: { type: 'string', default: '64' },
    rounds: { type: 'string', default: '5' },
    rate: { type: 'string', default: '0' },
    seconds: { type: 'string', default: '8' },
    data: { type: 'string', default: '' },
    pinned: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
  },
});
const option = (name: Exclude<keyof typeof given, 'pinned' | 'profile' | 'data'>): number => Number(given[name]);
const { pinned } = given;
const random = randomNumbers(1);

/** A program, and what it is asked. */
interface Asked extends Program {
  request: () => string;
}

function envOf(url: string): Record<string, string | undefined> {
  return {
    TURNOUT_ROLES: 'api',
    HEALTH_PORT: '0',
    DATABASE_URL: url,
    CUSTOMERIO_SIGNING_KEYS: SIGNING_KEY,
    LOG_LEVEL: 'warn',
    DECIDE_REQUESTS_PER_SECOND: '0',
    MANAGE_REQUESTS_PER_SECOND: '0',
    DECISION_DEADLINE_MS: '30000',
  };
}

function pick(most: number): number {
  return Math.floor(random() * most);
}

let runs = 0;

function questionOf(key: string): string {
  const identifiers = { customer_id: String(1 + pick(option('profiles'))) };
  const run = pinned ? { journey_run_id: `run-${process.pid}-${++runs}` } : {};
  const path = `/v1/journeys/j${pick(option('journeys'))}/branch-points/fork/decide`;
  return postOf(path, JSON.stringify({ identifiers, ...run }), `Authorization: Bearer ${key}\r\n`);
}

function readOf(): string {
  return postOf('/', JSON.stringify({ identifiers: { customer_id: String(1 + pick(option('profiles'))) } }), '');
}

async function declare(service: Program): Promise<void> {
  await putTo(service, '/v1/ctas/cart', { patterns: [{ path: '/cart' }] });
  await putTo(service, '/v1/ctas/replenish', { patterns: [{ path: '/refill/*' }] });
  for (let n = 0; n < option('journeys'); n++) await putTo(service, `/v1/journeys/j${n}`, journeyOf(n));
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

/** Requests a second of each program, and the processor time of a request in µs, by turns. */
async function throughput(programs: readonly Asked[], postgresPid: number) {
  const found = programs.map(() => ({ rates: [] as number[], own: [] as number[], postgres: [] as number[] }));
  for (let round = 0; round <= option('rounds'); round++) {
    for (const [index, { port, request, child }] of programs.entries()) {
      const requests = Array.from({ length: option('requests') }, request);
      const [own, postgres] = [cpuMsOf(child.pid!), cpuMsOf(postgresPid)];
      const began = performance.now();
      await sendAll(port, requests, option('connections'));
      if (round === 0) continue; // warms up
      const { length } = requests;
      found[index]!.rates.push((length * 1_000) / (performance.now() - began));
      found[index]!.own.push(((cpuMsOf(child.pid!) - own) * 1_000) / length);
      found[index]!.postgres.push(((cpuMsOf(postgresPid) - postgres) * 1_000) / length);
    }
  }
  return found.map(({ rates, own, postgres }) => ({
    perSecond: Math.round(median(rates)),
    cpuMicroseconds: { program: Math.round(median(own)), postgres: Math.round(median(postgres)) },
  }));
}

/** As many as a proxy keeps open; one for each request that waits would be more than a listening socket queues. */
const STEADY_CONNECTIONS = 256;

/** How long answers take while requests come steadily, in ms. */
async function latency({ port, request }: Pick<Asked, 'port' | 'request'>, perSecond: number) {
  const requests = Array.from({ length: Math.round(perSecond * option('seconds')) }, request);
  const took: number[] = [];
  await sendSteadily(port, requests, { perSecond, connections: STEADY_CONNECTIONS, took });
  const at = (share: number): number => rounded(quantile(took, share));
  return { p50: at(0.5), p99: at(0.99) };
}

/** Decisions while webhooks come in at half of what the service takes. */
async function latencyWhileIngesting(ours: Asked, perSecond: number) {
  const stream = facts({ profiles: option('profiles'), campaigns: 20, seed: 1, prefix: `d${process.pid}` });
  const webhooks = (count: number): string[] => take(stream, count).map(webhookRequest);
  await sendAll(ours.port, webhooks(2_000), option('connections'));
  const began = performance.now();
  await sendAll(ours.port, webhooks(6_000), option('connections'));
  const ceiling = 6_000_000 / (performance.now() - began);
  const rate = ceiling / 2;
  const ingesting = sendSteadily(ours.port, webhooks(Math.round(rate * option('seconds'))), {
    perSecond: rate,
    connections: option('connections'),
  });
  const found = await latency(ours, perSecond);
  await ingesting;
  return { ...found, eventsPerSecond: Math.round(rate) };
}

/** Declared, and looked at by a worker, before there is anybody: that everybody is looked at anew is not what is measured. */
async function prepare(url: string, isFilled: boolean): Promise<{ service: Program; worker: ChildProcess }> {
  const client = new Client({ connectionString: url });
  await client.connect();
  if (!isFilled) {
    await migrateDatabase(url);
    await tellStarts(client);
  }
  const service = await startProgram('service.js', { env: envOf(url), isProfiled: given.profile });
  const worker = startWorker(envOf(url));
  if (!isFilled) {
    await declare(service);
    while ((await client.query('SELECT FROM reclassifications WHERE finished_at IS NULL')).rowCount !== 0) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await fill(client, { profiles: option('profiles'), events: option('events') });
  }
  await client.end();
  return { service, worker };
}

async function main(url: string, isFilled: boolean, postgresPid: number): Promise<void> {
  const { service, worker } = await prepare(url, isFilled);
  const ours: Asked = { ...service, request: () => questionOf(service.key) };
  const bare: Asked = { ...(await startProgram('decide/ceiling.js', { env: envOf(url) })), request: readOf };
  const [figure, ceiling] = await throughput([ours, bare], postgresPid);
  const rate = option('rate') || Math.round(Math.min(figure!.perSecond, ceiling!.perSecond) / 4);
  const latencies = option('seconds') > 0 ? await underLoad(ours, bare, rate) : {};
  for (const child of [ours.child, bare.child, worker]) await stopProgram(child);
  console.log(
    JSON.stringify({
      ...{ name: 'decide', figure: figure!.perSecond, unit: 'decisions/s', ceiling: ceiling!.perSecond },
      ratio: rounded(figure!.perSecond / ceiling!.perSecond),
      ...{ profiles: option('profiles'), events: option('events'), journeys: option('journeys'), pinned },
      cpuMicroseconds: { ours: figure!.cpuMicroseconds, ceiling: ceiling!.cpuMicroseconds },
      ...latencies,
    }),
  );
}

/** How long answers take under equal load, and while events come in; p99 beside that of the ceiling, 1: as short. */
async function underLoad(ours: Asked, bare: Asked, rate: number) {
  const steady = { ours: await latency(ours, rate), bare: await latency(bare, rate) };
  const ingesting = await latencyWhileIngesting(ours, rate);
  return {
    latencyMs: { perSecond: rate, ...steady, p99Ratio: rounded(steady.bare.p99 / steady.ours.p99) },
    whileIngesting: { ...ingesting, p99Ratio: rounded(steady.bare.p99 / ingesting.p99) },
  };
}

const folder = given.data === '' ? mkdtempSync(join(tmpdir(), 'turnout-bench-')) : given.data;
mkdirSync(folder, { recursive: true });
chmodSync(folder, 0o755); // as root, the server is another user
const marker = join(folder, 'filled');
const server = await startEmbeddedPostgres({
  dataDir: join(folder, 'postgres'),
  port: 0,
  extraSettings: { shared_buffers: '512MB', max_wal_size: '8GB' },
});
try {
  const pid = Number(readFileSync(join(folder, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
  await main(server.url, existsSync(marker), pid);
  if (given.data !== '') writeFileSync(marker, '');
} finally {
  await server.stop();
  if (given.data === '') rmSync(folder, { recursive: true });
}
