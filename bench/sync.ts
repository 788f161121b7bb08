/**
 * Pushes, at what speed: memberships that are owed, from the start of a worker to the last one accepted, beside a bare loop that
 * sends the very same requests to the same stand-in for Customer.io in the same run, as many at once. Then how long an event
 * takes from its webhook to the accepted push, at a steady rate and with a settle delay of zero.
 *
 *   npm run bench:sync -- --changes 50000 --segments 10 --rate 200 --seconds 10
 */
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { Pool } from 'pg';
import { startEmbeddedPostgres } from '../src/platform/embedded-postgres/embedded-postgres.js';
import { startCustomerioServer, type CustomerioServer } from '../test/support/customerio-server/customerio-server.js';
import { SIGNING_KEY, TurnoutClient, turnoutEnv } from '../test/support/turnout.js';
import { customerioWebhook } from '../test/support/webhooks.js';
import { newDatabase, startProgram, stopProgram } from './programs.js';

const { values: given } = parseArgs({
  options: {
    changes: { type: 'string', default: '50000' },
    segments: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
    rate: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '10' },
  },
});
const option = (name: keyof typeof given): number => Number(given[name]);
const HERE = join(process.cwd(), 'bench');
const REQUESTS_AT_ONCE = 8;

let adminUrl = '';

interface Service {
  client: TurnoutClient;
  stop(): Promise<void>;
}

async function startService(env: Record<string, string>): Promise<Service> {
  const { child, port, key } = await startProgram('service.js', { env });
  return { client: new TurnoutClient(`http://127.0.0.1:${port}`, key), stop: () => stopProgram(child) };
}

/** Without a destination, what is owed waits. */
function envOf(url: string, customerio?: CustomerioServer): Record<string, string> {
  return {
    ...turnoutEnv({ url }, customerio),
    DATABASE_POOL_SIZE: '10',
    SWEEP_INTERVAL_MS: '100',
    LOG_LEVEL: 'warn',
    API_BODY_LIMIT_BYTES: '67108864',
    WEBHOOK_BODY_LIMIT_BYTES: '67108864',
  };
}

async function publish({ client }: Service, customerio: CustomerioServer, segments: number): Promise<void> {
  for (let n = 1; n <= segments; n++) {
    customerio.seedSegment({ id: n, name: `bench-${n}` });
    await client.must('POST', `/v1/segments/bench-${n}/manual`, { push: { customerio: { segmentId: n } } });
  }
}

/** Takes everybody into every segment, so that this is owed. */
async function owe({ client }: Service, people: number, segments: number): Promise<void> {
  const body = Array.from({ length: people }, (_, n) => JSON.stringify({ customer_id: `p${n}` })).join('\n');
  for (let n = 1; n <= segments; n++) {
    const answer = await fetch(`${client.url}/v1/segments/bench-${n}/members?mode=add`, {
      method: 'PUT',
      headers: { authorization: client.authorization, 'content-type': 'application/x-ndjson' },
      body,
    });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  }
}

async function untilOwed(pool: Pool, count: number): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ owed: number }>(
      'SELECT count(*)::integer AS owed FROM outbox WHERE due_at IS NOT NULL',
    );
    if (rows[0]!.owed === count) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function untilSent(pool: Pool): Promise<void> {
  for (;;) {
    const { rows } = await pool.query('SELECT FROM outbox WHERE due_at IS NOT NULL OR claim IS NOT NULL LIMIT 1');
    if (rows.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Which survives that its server is stopped. */
function poolOf(url: string): Pool {
  return new Pool({ connectionString: url, max: 1 }).on('error', () => undefined);
}

/** Changes a second of a worker that works off what is owed, and of a bare loop with the same requests. */
async function throughput(folder: string): Promise<{ ours: number; bare: number; requests: number }> {
  const [segments, people] = [option('segments'), Math.ceil(option('changes') / option('segments'))];
  const customerio = await startCustomerioServer();
  const url = await newDatabase(adminUrl);
  const service = await startService({ ...envOf(url), TURNOUT_ROLES: 'api,worker' });
  await publish(service, customerio, segments);
  await owe(service, people, segments);
  const pool = poolOf(url);
  await untilOwed(pool, people * segments);
  await service.stop();
  await pool.query('VACUUM ANALYZE');
  const worker = await startService({ ...envOf(url, customerio), TURNOUT_ROLES: 'worker' });
  await untilSent(pool);
  await worker.stop();
  // From the first request to the last that was settled: starting a process is not what is measured.
  const requests = customerio.requests().filter((one) => one.path.startsWith('/api/'));
  const { rows } = await pool.query<{ last: Date }>('SELECT max(settled_at) AS last FROM outbox');
  const tookMs = rows[0]!.last.getTime() - requests[0]!.receivedAt;
  const held = Array.from({ length: segments }, (_, n) => customerio.segmentMembers(n + 1).length);
  if (held.some((count) => count !== people)) throw new Error(`Not all arrived: ${held.join(', ')}`);
  await pool.end();
  const bareSeconds = await replay(folder, customerio, segments);
  await customerio.stop();
  const changes = people * segments;
  return { ours: changes / (tookMs / 1_000), bare: changes / bareSeconds, requests: requests.length };
}

async function replay(folder: string, recorded: CustomerioServer, segments: number): Promise<number> {
  const fresh = await startCustomerioServer();
  for (let n = 1; n <= segments; n++) fresh.seedSegment({ id: n, name: `bench-${n}` });
  const file = join(folder, 'requests.json');
  const requests = recorded.requests().map(({ path, body }) => ({ path, body: JSON.stringify(body) }));
  writeFileSync(file, JSON.stringify(requests));
  const authorization = `Basic ${Buffer.from(`${fresh.siteId}:${fresh.apiKey}`).toString('base64')}`;
  const loop = [join(HERE, 'sync', 'bare-loop.js'), file, fresh.url, authorization, String(REQUESTS_AT_ONCE)];
  const { stdout } = await promisify(execFile)(process.execPath, loop);
  await fresh.stop();
  return Number(stdout);
}

/** From the webhook's sending to its answer, and to the request that adds its person, in ms, in order of size. */
async function latencies(): Promise<{ answered: number[]; pushed: number[] }> {
  const customerio = await startCustomerioServer();
  const url = await newDatabase(adminUrl);
  const service = await startService({ ...envOf(url, customerio), TURNOUT_ROLES: 'api,worker' });
  customerio.seedSegment({ id: 1, name: 'clicked' });
  const rule = { performed: 'click', within: '30d' };
  await service.client.must('PUT', '/v1/segments/clicked', { rule, push: { customerio: { segmentId: 1 } } });
  const count = option('rate') * option('seconds');
  const sentAt = new Map<string, number>();
  const answers: Promise<number>[] = [];
  const startedAt = performance.now();
  for (let n = 0; n < count; n++) {
    const waitMs = startedAt + (n * 1_000) / option('rate') - performance.now();
    if (waitMs > 1) await new Promise((resolve) => setTimeout(resolve, waitMs));
    sentAt.set(`p${n}`, Date.now());
    const webhook = customerioWebhook({ secret: SIGNING_KEY, at: Date.now(), identifiers: { id: `p${n}` } });
    const at = Date.now();
    answers.push(service.client.send(webhook).then(() => Date.now() - at));
  }
  const answered = await Promise.all(answers);
  const pool = poolOf(url);
  await untilSent(pool);
  await pool.end();
  await service.stop();
  const took = customerio.requests().flatMap(({ path, body, receivedAt }) => {
    if (!path.includes('add_customers')) return [];
    return (body as { ids: string[] }).ids.map((id) => receivedAt - sentAt.get(id)!);
  });
  await customerio.stop();
  if (new Set(took).size === 0 || took.length < count) throw new Error(`${took.length} of ${count} arrived`);
  return { answered: answered.sort((a, b) => a - b), pushed: took.sort((a, b) => a - b) };
}

const folder = mkdtempSync(join(tmpdir(), 'turnout-bench-sync-'));
chmodSync(folder, 0o755);
const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), port: 0 });
adminUrl = postgres.url;
try {
  const runs = [];
  for (let round = 0; round < option('rounds'); round++) {
    const run = await throughput(folder);
    runs.push(run);
    console.log(
      `${Math.round(run.ours)} changes/s; the same ${run.requests} requests in a bare loop: ${Math.round(run.bare)} changes/s`,
    );
  }
  const middle = runs.sort((a, b) => a.ours / a.bare - b.ours / b.bare)[Math.floor(runs.length / 2)]!;
  const { answered, pushed } = await latencies();
  const at = (share: number, took: readonly number[]): number => took[Math.floor((took.length - 1) * share)]!;
  console.log(
    `at ${given.rate} webhooks/s: answered after p50 ${at(0.5, answered)} ms, pushed after p50 ${at(0.5, pushed)} ms, p99 ${at(0.99, pushed)} ms`,
  );
  console.log(
    JSON.stringify({
      name: 'sync',
      figure: Math.round(middle.ours),
      unit: 'changes/s',
      ceiling: Math.round(middle.bare),
      ratio: Math.round((middle.ours / middle.bare) * 1_000) / 1_000,
      ...given,
      requests: middle.requests,
      answeredP50Ms: at(0.5, answered),
      p50Ms: at(0.5, pushed),
      p99Ms: at(0.99, pushed),
    }),
  );
} finally {
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}
