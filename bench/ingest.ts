/**
 * Facts in, at what speed: from a request to the evaluated membership with its outbox rows, beside what the same machine
 * can do at all, measured in the same run: the bare multi-row insert into the same table, a bare Fastify, and a bare
 * Fastify whose requests share an insert. And beside nothing but writing the rows that the service writes for an event, which
 * go into seven tables: what is left between that and the bare insert is not the service's.
 *
 *   npm run bench:ingest -- --events 40000 --batch 500 --singles 10000 --connections 64 --segments 50 --scale 10,1000
 *
 * `--seconds` is how long 500 events a second (`--rate`) are sent for the latency; `--minutes` sends batches for so long
 * and watches the memory; `--profile` writes a CPU profile of the service; `--statements` tells what PostgreSQL was busy with
 * during batches and single webhooks; `--scale ''` leaves the comparison out.
 */
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { Pool } from 'pg';
import { startScratchPostgres } from '../test/support/scratch-postgres.js';
import { eventId } from '../src/profiles/event-identity.js';
import { cpuMsOf } from './ingest/cpu.js';
import { sendAll, sendSteadily } from './ingest/load.js';
import {
  batchRequest,
  facts,
  postOf,
  rulesOf,
  SIGNING_KEY,
  take,
  webhookRequest,
  type Fact,
} from './ingest/workload.js';
import { median, quantile } from './measure.js';
import { newDatabase, putTo, startProgram, stopProgram } from './programs.js';
import { COUNTING_STATEMENTS, countStatements, tellStatements } from './statements.js';

const { values: given } = parseArgs({
  options: {
    events: { type: 'string', default: '40000' },
    batch: { type: 'string', default: '500' },
    'batch-connections': { type: 'string', default: '4' },
    singles: { type: 'string', default: '10000' },
    connections: { type: 'string', default: '64' },
    profiles: { type: 'string', default: '20000' },
    segments: { type: 'string', default: '50' },
    scale: { type: 'string', default: '10,1000' },
    rate: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '3' },
    minutes: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    profile: { type: 'boolean', default: false },
    statements: { type: 'boolean', default: false },
  },
});
const option = (name: Exclude<keyof typeof given, 'profile' | 'statements' | 'scale'>): number => Number(given[name]);

interface Service {
  port: number;
  pool: Pool;
  pid: number;
  /** Resident memory, in MB. */
  memory(): number;
  stop(): Promise<void>;
}

let adminUrl = '';
let postgresPid = 0;

/** A service on a database of its own, with so many segments published, all of them pushed, and everybody known once. */
async function startService(segments: number): Promise<Service> {
  const url = await newDatabase(adminUrl);
  const env = {
    DATABASE_URL: url,
    CUSTOMERIO_SIGNING_KEYS: SIGNING_KEY,
    LOG_LEVEL: 'warn',
    API_BODY_LIMIT_BYTES: '67108864',
  };
  const program = await startProgram('service.js', { env, isProfiled: given.profile });
  for (const cta of ['cart', 'refill', 'product', 'guide'])
    await putTo(program, `/v1/ctas/${cta}`, { patterns: [{ path: `/${cta}` }] });
  for (let n = 0; n < segments; n++) {
    const rule = rulesOf(1 + Math.floor(n / 5))[n % 5];
    await putTo(program, `/v1/segments/s${n}`, { rule, push: { customerio: { segmentId: String(n + 1) } } });
  }
  const pool = new Pool({ connectionString: url, max: 2 });
  const { child, port } = program;
  return {
    port,
    pool,
    pid: child.pid!,
    memory: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024,
    stop: async () => {
      await pool.end();
      await stopProgram(child);
    },
  };
}

/** Until no profile is due any more. */
async function untilEvaluated({ pool }: Service): Promise<void> {
  for (;;) {
    const { rows } = await pool.query(
      `SELECT EXISTS (SELECT FROM profiles WHERE evaluate_at <= turnout_now()) OR EXISTS (SELECT FROM backfills) AS "isDue"`,
    );
    if (!(rows[0] as { isDue: boolean }).isDue) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function batchesOf(some: readonly Fact[]): string[] {
  const size = option('batch');
  return Array.from({ length: Math.ceil(some.length / size) }, (_, n) =>
    batchRequest(some.slice(n * size, (n + 1) * size)),
  );
}

/** Events a second from the first request to the last evaluation. */
async function rateOf(
  service: Service,
  requests: readonly string[],
  connections: number,
  events: number,
): Promise<number> {
  const began = performance.now();
  await sendAll(service.port, requests, connections);
  await untilEvaluated(service);
  return (events * 1_000) / (performance.now() - began);
}

function streamOf(segments: number, prefix: string, seed = option('seed')): Generator<Fact> {
  // However many segments there are, events are about the first of them, so that each run does the same.
  const campaigns = Math.min(Math.ceil(segments / 5), 10);
  return facts({ profiles: option('profiles'), campaigns, seed, prefix });
}

/** Processor time that the service and PostgreSQL take for an event, in microseconds, whatever else the machine does. */
async function cpuOf(
  pid: number,
  events: number,
  work: () => Promise<unknown>,
): Promise<{ program: number; postgres: number }> {
  const [program, postgres] = [cpuMsOf(pid), cpuMsOf(postgresPid)];
  await work();
  const microseconds = (ms: number): number => Math.round((ms * 1_000) / events);
  return { program: microseconds(cpuMsOf(pid) - program), postgres: microseconds(cpuMsOf(postgresPid) - postgres) };
}

const TABLES = ['receipts', 'identifiers', 'profiles', 'events', 'memberships', 'transitions', 'outbox'] as const;

/** Rows that were written so far, by table; an update writes one, too. */
async function rowsWritten({ pool }: Service): Promise<Record<string, number>> {
  await new Promise((resolve) => setTimeout(resolve, 1_500)); // PostgreSQL's counters follow within a second
  const { rows } = await pool.query<{ table: string; written: number }>(
    `SELECT relname AS table, (n_tup_ins + n_tup_upd)::float8 AS written FROM pg_stat_user_tables
      WHERE schemaname = 'public' AND relname = ANY($1)`,
    [TABLES],
  );
  return Object.fromEntries(rows.map(({ table, written }) => [table, written]));
}

/** Events a second where nothing is done but to write the rows that the service writes for them. */
async function rateOfSameRows(
  events: number,
  rowsAnEvent: Record<string, number>,
  properties: unknown,
): Promise<number> {
  const { child } = await startProgram('ingest/same-rows.js', { env: { DATABASE_URL: await newDatabase(adminUrl) } });
  const rates: number[] = [];
  for (let round = 0; round <= option('rounds'); round++) {
    const told = once(child, 'message') as Promise<[{ seconds: number }]>;
    child.send({ events, batch: option('batch'), rowsAnEvent, properties });
    const [{ seconds }] = await told;
    if (round > 0) rates.push(events / seconds); // the first warms up
  }
  await stopProgram(child);
  return Math.round(median(rates));
}

/** By turns, so that whatever else the machine does falls on all: the raw insert, and the service in batches. */
async function measureBatches(service: Service, stream: Generator<Fact>) {
  const { child: raw } = await startProgram('ingest/ceilings.js', {
    args: ['raw'],
    env: { DATABASE_URL: await newDatabase(adminUrl) },
  });
  const perRound = Math.ceil(option('events') / option('rounds'));
  const rates: { figure: number; ceiling: number }[] = [];
  await rateOf(service, batchesOf(take(stream, perRound)), option('batch-connections'), perRound);
  const before = await rowsWritten(service);
  for (let round = 0; round < option('rounds'); round++) {
    const some = take(stream, perRound);
    let [seconds, figure] = [0, 0];
    const rawCpu = await cpuOf(raw.pid!, perRound, async () => {
      const told = once(raw, 'message') as Promise<[{ seconds: number }]>;
      raw.send({ reports: some.map(reportForCeiling), batch: option('batch') });
      [{ seconds }] = await told;
    });
    const cpu = await cpuOf(service.pid, perRound, async () => {
      figure = await rateOf(service, batchesOf(some), option('batch-connections'), perRound);
    });
    rates.push({ figure, ceiling: perRound / seconds });
    console.log(`  round ${round + 1}: ${Math.round(figure)} events/s; raw insert ${Math.round(perRound / seconds)}`);
    console.log(`    processor time an event, µs: ${sayCpu(cpu)}; raw insert ${sayCpu(rawCpu)}`);
  }
  await stopProgram(raw);
  const after = await rowsWritten(service);
  const events = perRound * option('rounds');
  const rowsAnEvent = Object.fromEntries(
    TABLES.map((table) => [table, rounded((after[table]! - before[table]!) / events)]),
  );
  const { data } = reportForCeiling(take(stream, 1)[0]!) as { data: unknown };
  const sameRows = await rateOfSameRows(perRound, rowsAnEvent, data);
  const { figure, ...others } = summary(rates);
  console.log(`  nothing but the rows of these events, ${JSON.stringify(rowsAnEvent)} each: ${sameRows} events/s`);
  return { figure, ...others, sameRows: { rowsAnEvent, ceiling: sameRows, ratio: rounded(figure / sameRows) } };
}

function sayCpu({ program, postgres }: { program: number; postgres: number }): string {
  return `${program} and ${postgres} in PostgreSQL`;
}

function reportForCeiling(fact: Fact): unknown {
  return JSON.parse(webhookRequest(fact).split('\r\n\r\n')[1]!);
}

function summary(rates: { figure: number; ceiling: number }[]): { figure: number; ceiling: number; ratio: number } {
  return {
    figure: Math.round(median(rates.map((one) => one.figure))),
    ceiling: Math.round(median(rates.map((one) => one.ceiling))),
    ratio: rounded(median(rates.map((one) => one.figure / one.ceiling))),
  };
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

async function measureSingles(service: Service, stream: Generator<Fact>) {
  const bare = await startProgram('ingest/ceilings.js', { args: ['bare'] });
  const grouped = await startProgram('ingest/ceilings.js', {
    args: ['grouped'],
    env: { DATABASE_URL: await newDatabase(adminUrl) },
  });
  const perRound = Math.ceil(option('singles') / option('rounds'));
  const rates: { figure: number; ceiling: number }[] = [];
  const bareRates: number[] = [];
  const rateAt = async (port: number, requests: readonly string[]): Promise<number> => {
    const began = performance.now();
    await sendAll(port, requests, option('connections'));
    return (requests.length * 1_000) / (performance.now() - began);
  };
  for (let round = 0; round <= option('rounds'); round++) {
    const some = take(stream, perRound);
    const requests = some.map(webhookRequest);
    const plain = some.map((fact) => postOf('/', JSON.stringify(reportForCeiling(fact)), ''));
    const bareRate = await rateAt(bare.port, plain);
    const ceiling = await rateAt(grouped.port, plain);
    let figure = 0;
    const cpu = await cpuOf(service.pid, perRound, async () => {
      figure = await rateOf(service, requests, option('connections'), perRound);
    });
    if (round === 0) continue; // warms up
    rates.push({ figure, ceiling });
    bareRates.push(bareRate);
    console.log(
      `  round ${round}: ${Math.round(figure)} events/s; grouped insert ${Math.round(ceiling)}; bare ${Math.round(bareRate)}`,
    );
    console.log(`    processor time an event, µs: ${sayCpu(cpu)}`);
  }
  await Promise.all([bare, grouped].map(({ child }) => stopProgram(child)));
  return { ...summary(rates), bareFastify: Math.round(median(bareRates)) };
}

/** From the sending of an event to the commit of the membership that it caused, at so many events a second. */
async function measureLatency(service: Service, stream: Generator<Fact>) {
  // Everybody is new, so that nearly every click is an entry.
  const some = take(stream, option('rate') * option('seconds')).map((fact, n) => ({
    ...fact,
    profile: 1_000_000 + n,
    at: Date.now() - 3_600_000,
    metric: 'clicked' as const,
    id: `lat-${n}`,
  }));
  const sentAt = await sendSteadily(service.port, some.map(webhookRequest), {
    perSecond: option('rate'),
    connections: option('connections'),
  });
  await untilEvaluated(service);
  const { rows } = await service.pool.query<{ id: string; at: Date }>(
    `SELECT cause_event_id AS id, min(pg_xact_commit_timestamp(xmin)) AS at FROM transitions
      WHERE cause_event_id = ANY($1::uuid[]) GROUP BY 1`,
    [some.map((fact) => eventId('customerio', fact.id))],
  );
  const sent = new Map(some.map((fact, index) => [eventId('customerio', fact.id), sentAt[index]!]));
  const waits = rows.map((row) => row.at.getTime() - sent.get(row.id)!);
  const at = (share: number): number => quantile(waits, share);
  return { perSecond: option('rate'), entered: waits.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

/** What an event costs with few and with many segments, by turns; a ratio of 1 is no difference. */
async function measureScale(counts: readonly number[]) {
  const services = [];
  for (const count of counts)
    services.push({ count, service: await startService(count), stream: streamOf(counts[0]!, 'scale') });
  const perRound = Math.ceil(option('events') / option('rounds') / 2);
  const costs: number[][] = counts.map(() => []);
  for (let round = 0; round <= option('rounds'); round++) {
    for (const [index, { service, stream }] of services.entries()) {
      const rate = await rateOf(service, batchesOf(take(stream, perRound)), option('batch-connections'), perRound);
      if (round > 0) costs[index]!.push(1e6 / rate); // the first round makes the profiles
    }
  }
  for (const { service } of services) await service.stop();
  const microseconds = costs.map((some) => Math.round(median(some)));
  const ratios = costs.at(-1)!.map((cost, round) => cost / costs[0]![round]!);
  return { segments: counts, microsecondsAnEvent: microseconds, ratio: rounded(median(ratios)) };
}

/** Batches for some minutes: memory must not grow. */
async function soak(service: Service, stream: Generator<Fact>) {
  const memory: number[] = [];
  const until = performance.now() + option('minutes') * 60_000;
  while (performance.now() < until) {
    await rateOf(service, batchesOf(take(stream, 20_000)), option('batch-connections'), 20_000);
    memory.push(Math.round(service.memory()));
  }
  const third = Math.floor(memory.length / 3);
  return {
    minutes: option('minutes'),
    mbAfterAThird: memory[third],
    mbAtTheEnd: memory.at(-1),
    mbMost: Math.max(...memory),
  };
}

async function main(): Promise<void> {
  const server = await startScratchPostgres({
    track_commit_timestamp: 'on',
    ...(given.statements && COUNTING_STATEMENTS),
  });
  adminUrl = server.url;
  postgresPid = server.pid;
  try {
    const service = await startService(option('segments'));
    const stream = streamOf(option('segments'), 'e');
    console.log(`batches of ${option('batch')}, ${option('segments')} segments`);
    if (given.statements) await countStatements(service.pool);
    const batches = await measureBatches(service, stream);
    if (given.statements)
      await tellStatements(service.pool, 'an event', option('events') + Math.ceil(option('events') / option('rounds')));
    console.log(`single webhooks, ${option('connections')} connections`);
    const singles = await measureSingles(service, stream);
    if (given.statements)
      await tellStatements(
        service.pool,
        'an event',
        Math.ceil(option('singles') / option('rounds')) * (option('rounds') + 1),
      );
    console.log(`${option('rate')} events a second`);
    const latency = await measureLatency(service, stream);
    const longRun = option('minutes') > 0 ? await soak(service, stream) : undefined;
    const memoryMb = Math.round(service.memory());
    await service.stop();
    const scale = given.scale === '' ? undefined : await measureScale(given.scale.split(',').map(Number));
    const { figure, ceiling, ratio, sameRows } = batches;
    const unit = 'events/s evaluated';
    console.log(
      JSON.stringify({
        name: 'ingest',
        figure,
        unit,
        ceiling,
        ratio,
        sameRows,
        singles,
        latency,
        scale,
        memoryMb,
        longRun,
      }),
    );
  } finally {
    await server.stop();
  }
}

await main();
