import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, type Pool } from 'pg';
import {
  startCustomerioServer,
  type CustomerioServer,
} from '../../test/support/customerio-server/customerio-server.js';
import { cpuMsOf } from '../ingest/cpu.js';
import { newDatabase } from '../programs.js';
import { countStatements, tellStatements } from '../statements.js';
import { poolOf, startService, untilSent, type Service } from './service.js';

const REQUESTS_AT_ONCE = 8;

interface Setting {
  adminUrl: string;
  postgresPid: number;
  folder: string;
  people: number;
  segments: number;
  isProfiled: boolean;
  isCounting: boolean;
}

/** Processor time of a change, in µs. */
interface Cpu {
  worker: number;
  postgres: number;
  standIn: number;
}

export interface Throughput {
  /** Changes a second: of a worker; of a bare loop with its requests; of one that also reads and settles the same rows. */
  ours: number;
  bare: number;
  sameRows: number;
  requests: number;
  cpu: Cpu;
}

/** Changes a second of a worker that works off what is owed, and of bare loops with the same requests. */
export async function throughput(setting: Setting): Promise<Throughput> {
  const { people, segments, isCounting, isProfiled } = setting;
  const customerio = await startCustomerioServer();
  const url = await oweEverything(setting, customerio);
  const copy = await copyOf(setting.adminUrl, url);
  const pool = poolOf(url);
  if (isCounting) await countStatements(pool);
  const worker = await startService(url, { roles: 'worker', customerio, isProfiled });
  const cpu = await cpuUntilSent(pool, { ...setting, customerio, worker });
  await worker.stop();
  if (isCounting) await tellStatements(pool, 'a change', people * segments);
  // From the first request to the last that was settled: starting a process is not what is measured.
  const requests = customerio.requests().filter((one) => one.path.startsWith('/api/'));
  const { rows } = await pool.query<{ last: Date }>('SELECT max(settled_at) AS last FROM outbox');
  const tookMs = rows[0]!.last.getTime() - requests[0]!.receivedAt;
  const held = Array.from({ length: segments }, (_, n) => customerio.segmentMembers(n + 1).length);
  if (held.some((count) => count !== people)) throw new Error(`Not all arrived: ${held.join(', ')}`);
  await pool.end();
  const bareSeconds = await replay(setting, customerio);
  const sameRowsSeconds = await replay(setting, customerio, copy);
  await customerio.stop();
  const perSecond = (seconds: number): number => (people * segments) / seconds;
  return {
    ours: perSecond(tookMs / 1_000),
    bare: perSecond(bareSeconds),
    sameRows: perSecond(sameRowsSeconds),
    requests: requests.length,
    cpu,
  };
}

/** A database in which everybody is owed as a member of every segment; its URL. */
async function oweEverything(setting: Setting, customerio: CustomerioServer): Promise<string> {
  const { adminUrl, people, segments } = setting;
  const url = await newDatabase(adminUrl);
  const service = await startService(url, { roles: 'api,worker' });
  const { client } = service;
  for (let n = 1; n <= segments; n++) {
    customerio.seedSegment({ id: n, name: `bench-${n}` });
    await client.must('POST', `/v1/segments/bench-${n}/manual`, { push: { customerio: { segmentId: n } } });
  }
  await takeIn(service, people, segments);
  const pool = poolOf(url);
  await untilOwed(pool, people * segments);
  await service.stop();
  await pool.query('VACUUM ANALYZE');
  await pool.end();
  return url;
}

async function takeIn({ client }: Service, people: number, segments: number): Promise<void> {
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

/** Another database with the same rows; its URL. Nobody may be connected to the first. */
async function copyOf(adminUrl: string, url: string): Promise<string> {
  const name = new URL(url).pathname.slice(1);
  const admin = new Client({ connectionString: adminUrl });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}_rows TEMPLATE ${name}`);
  await admin.end();
  return `${url}_rows`;
}

/** Of each program from the first request on. */
async function cpuUntilSent(
  pool: Pool,
  { people, segments, postgresPid, customerio, worker }: Setting & { customerio: CustomerioServer; worker: Service },
): Promise<Cpu> {
  while (customerio.requests().length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  const ownMs = (): number => process.cpuUsage().user / 1_000 + process.cpuUsage().system / 1_000;
  const [own, ofWorker, ofPostgres] = [ownMs(), cpuMsOf(worker.pid), cpuMsOf(postgresPid)];
  await untilSent(pool);
  const each = (ms: number): number => Math.round((ms * 10_000) / (people * segments)) / 10;
  return {
    worker: each(cpuMsOf(worker.pid) - ofWorker),
    postgres: each(cpuMsOf(postgresPid) - ofPostgres),
    standIn: each(ownMs() - own),
  };
}

/** Sends the same requests to an empty workspace; with a database, its rows are read and settled meanwhile. Seconds. */
async function replay({ folder, segments }: Setting, recorded: CustomerioServer, database?: string): Promise<number> {
  const fresh = await startCustomerioServer();
  for (let n = 1; n <= segments; n++) fresh.seedSegment({ id: n, name: `bench-${n}` });
  const file = join(folder, 'requests.json');
  const requests = recorded.requests().map(({ path, body }) => ({ path, body: JSON.stringify(body) }));
  writeFileSync(file, JSON.stringify(requests));
  const authorization = `Basic ${Buffer.from(`${fresh.siteId}:${fresh.apiKey}`).toString('base64')}`;
  const loop = [join(process.cwd(), 'bench', 'sync', 'bare-loop.js'), file, fresh.url, authorization];
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...loop,
    String(REQUESTS_AT_ONCE),
    ...(database === undefined ? [] : [database]),
  ]);
  await fresh.stop();
  return Number(stdout);
}
