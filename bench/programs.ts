/** What benchmarks start beside themselves: programs of their own, and databases on the server that they began. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Client } from 'pg';
import { migrateDatabase } from '../src/platform/database.js';

export interface Program {
  child: ChildProcess;
  port: number;
  /** An API key, where the program is the service. */
  key: string;
}

interface Start {
  args?: readonly string[];
  env?: Record<string, string | undefined>;
  /** Whether to write a CPU profile of it, into /tmp/turnout-bench-profile. */
  isProfiled?: boolean;
}

/** Starts a program below `bench` and waits until it says that it is ready. Throws where it ends before. */
export async function startProgram(file: string, { args = [], env = {}, isProfiled }: Start = {}): Promise<Program> {
  const profiled = isProfiled ? ['--cpu-prof', '--cpu-prof-dir=/tmp/turnout-bench-profile'] : [];
  // As `npm start` and the image start the service; what it is compared with has the same.
  const execArgv = ['--max-semi-space-size=32', ...profiled];
  const path = join(process.cwd(), 'bench', file);
  const child = fork(path, args, { env: { PATH: process.env.PATH, ...env }, execArgv });
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${file} ended before it was ready`)));
  const [ready] = (await Promise.race([once(child, 'message'), ended])) as [{ port: number; key?: string }];
  ended.catch(() => undefined); // by now it may end
  return { child, port: ready.port, key: ready.key ?? '' };
}

/** The worker of the service, which tells nobody when it is ready. */
export function startWorker(env: Record<string, string | undefined>): ChildProcess {
  const path = join(process.cwd(), 'dist', 'src', 'worker.js');
  return fork(path, [], { env: { PATH: process.env.PATH, ...env }, stdio: 'ignore' });
}

export async function stopProgram(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

/** Declares something to the service. Throws what it refuses. */
export async function putTo(service: Service, path: string, body: unknown): Promise<void> {
  await tell(service, 'PUT', path, body);
}

type Service = Pick<Program, 'port' | 'key'>;

/** Sends the service something, and returns its answer. Throws what it refuses. */
export async function tell({ port, key }: Service, method: string, path: string, body: unknown): Promise<unknown> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

/** What filling left to do is done, and is no part of what is measured then. */
export async function putToRest(client: Client): Promise<void> {
  await client.query('VACUUM (ANALYZE)');
  await client.query('CHECKPOINT');
}

let databases = 0;

/** A migrated database of its own on a server; its URL. */
export async function newDatabase(serverUrl: string): Promise<string> {
  const url = new URL(serverUrl);
  url.pathname = `bench_${++databases}`;
  const admin = new Client({ connectionString: serverUrl });
  await admin.connect();
  await admin.query(`CREATE DATABASE bench_${databases}`);
  await admin.end();
  await migrateDatabase(url.href);
  return url.href;
}
