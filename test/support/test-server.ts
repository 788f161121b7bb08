import { once } from 'node:events';
import { chmod, mkdtemp, rm, statfs } from 'node:fs/promises';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { migrateDatabase } from '../../src/platform/database.js';
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres/embedded-postgres.js';
import { CONTROLLED_CLOCK, TEMPLATE, urlOfDatabase } from './database.js';

const MEMORY = '/dev/shm';
const TMPFS = 0x01021994; // as statfs(2) has it
const ENOUGH_MEMORY = 6 * 1024 ** 3;

interface TestServer {
  /** As superuser, of a database that stays empty. */
  adminUrl: string;
  stop(): Promise<void>;
}

/**
 * A program: the PostgreSQL server of a test run, with a migrated template database whose clock stands still. It is the
 * one at TEST_DATABASE_URL (a superuser's URL) if that is set, else an embedded one that is gone afterwards. Sends its
 * URL to the parent process and ends with it.
 */
async function main(): Promise<void> {
  const parentGone = once(process, 'disconnect');
  // Ctrl-C reaches the whole process group; the server must stay until the parent has ended.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);

  const given = process.env.TEST_DATABASE_URL;
  const server = given ? { adminUrl: given, stop: async () => undefined } : await startTemporaryServer();
  try {
    await makeTemplate(server.adminUrl);
    // Where the parent is gone by now, "disconnect" says so; without the callback, the failure would end us before.
    process.send?.(server.adminUrl, undefined, undefined, () => undefined);
    await parentGone;
  } finally {
    await server.stop();
  }
}

async function startTemporaryServer(): Promise<TestServer> {
  const folder = await mkdtemp(join(await placeOfFiles(), 'turnout-test-'));
  await chmod(folder, 0o755); // as root, the server is another user
  const server = await startEmbeddedPostgres({
    dataDir: join(folder, 'postgres'),
    port: 0,
    extraSettings: {
      ...{ fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', autovacuum: 'off' },
      // In its own folder, which others may not enter.
      unix_socket_directories: join(folder, 'postgres'),
    },
  });
  return {
    adminUrl: server.url,
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true });
    },
  };
}

/**
 * Memory, where there is enough: each test has a database of its own, hundreds of files that are written and deleted again,
 * which on a disk is half of all that the tests cost. TMPDIR says where instead.
 */
async function placeOfFiles(): Promise<string> {
  const ofSystem = tmpdir();
  if (process.env.TMPDIR !== undefined || freemem() < ENOUGH_MEMORY) return ofSystem;
  const { type, bavail, bsize } = await statfs(MEMORY).catch(() => ({ type: 0, bavail: 0, bsize: 0 }));
  return type === TMPFS && bavail * bsize >= ENOUGH_MEMORY ? MEMORY : ofSystem;
}

async function makeTemplate(adminUrl: string): Promise<void> {
  await execute(adminUrl, [
    // A run that was killed may have left one on a server that outlives it.
    `UPDATE pg_database SET datistemplate = false WHERE datname = '${TEMPLATE}'`,
    `DROP DATABASE IF EXISTS ${TEMPLATE} WITH (FORCE)`,
    `CREATE DATABASE ${TEMPLATE}`,
  ]);
  const templateUrl = urlOfDatabase(adminUrl, TEMPLATE);
  await migrateDatabase(templateUrl);
  await execute(templateUrl, [...CONTROLLED_CLOCK]);
  // A template to which nobody can connect can always be copied.
  await execute(adminUrl, [`ALTER DATABASE ${TEMPLATE} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false`]);
}

async function execute(url: string, statements: string[]): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
