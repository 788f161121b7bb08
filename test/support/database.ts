import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Pool } from 'pg';

/** The migrated database that every test database is a copy of. */
export const TEMPLATE = 'turnout_template';

/** What a new test database's clock shows. */
export const START_OF_TESTS = '2026-01-01T00:00:00.000Z';

/** Puts a clock in the place of the service's own, for every process that uses the database; it stands still until set. */
export const CONTROLLED_CLOCK = [
  'CREATE TABLE public.test_clock (at timestamptz(3) NOT NULL)',
  `INSERT INTO public.test_clock VALUES ('${START_OF_TESTS}')`,
  `CREATE OR REPLACE FUNCTION turnout_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS
     'SELECT at FROM public.test_clock'`,
];

/** Any number: who holds its lock on the admin database copies the template. PostgreSQL refuses two copies at once. */
const COPY_LOCK = 7_463_002;

export interface TestDatabase {
  url: string;
  pool: Pool;
  /** Moves the database's clock, for every process that uses it. Epoch milliseconds or ISO 8601; throws if backwards. */
  setClock(at: string | number): Promise<void>;
  /** What the database's clock shows, in epoch milliseconds. */
  now(): Promise<number>;
  /** Has something done while nobody can connect to it, nor is any more. */
  whileAway(work: () => Promise<void>): Promise<void>;
  /** Until so many transactions wait for a lock; throws if that takes more than twenty seconds. */
  untilWaiting(transactions: number): Promise<void>;
  /** Also when others are still connected. */
  drop(): Promise<void>;
}

/** A fresh migrated database of its own, empty, with a clock that stands still at START_OF_TESTS. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `turnout_test_${randomBytes(8).toString('hex')}`;
  await asAdmin(async (admin) => {
    await admin.query('SELECT pg_advisory_lock($1)', [COPY_LOCK]);
    await admin.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE} STRATEGY FILE_COPY`);
  });
  const url = urlOfDatabase(adminUrl(), name);
  const pool = new Pool({ connectionString: url, max: 4 });
  return {
    url,
    pool,
    setClock: (at) => setClock(pool, new Date(at)),
    now: async () => {
      const { rows } = await pool.query<{ now: Date }>('SELECT turnout_now() AS now');
      return rows[0]!.now.getTime();
    },
    whileAway: (work) =>
      asAdmin(async (admin) => {
        try {
          await admin.query(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS false`);
          await admin.query(
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND application_name = 'turnout'`,
            [name],
          );
          await work();
        } finally {
          await admin.query(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS true`);
        }
      }),
    untilWaiting: (transactions) => untilWaiting(pool, transactions),
    drop: async () => {
      await pool.end();
      await asAdmin(async (admin) => {
        await untilDeserted(admin, name);
        await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      });
    },
  };
}

/**
 * Clients that are closing are given time for it: one that is cut off instead has nobody left to take its error. Those that
 * stay (processes that a test has killed or left) are cut off after a while.
 */
async function untilDeserted(admin: Client, name: string): Promise<void> {
  for (const deadline = performance.now() + 3_000; performance.now() < deadline;) {
    const { rows } = await admin.query('SELECT FROM pg_stat_activity WHERE datname = $1 LIMIT 1', [name]);
    if (rows.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function untilWaiting(pool: Pool, transactions: number): Promise<void> {
  for (const deadline = performance.now() + 20_000; performance.now() < deadline;) {
    const { rows } = await pool.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    if (rows.length >= transactions) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`No ${transactions} transactions wait for a lock.`);
}

export function urlOfDatabase(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = database;
  return other.href;
}

/** The same database without the network, which costs as much as a short statement; as it is where it has no such way. */
export async function throughSocket({ url, pool }: TestDatabase): Promise<string> {
  const { rows } = await pool.query<{ folder: string }>(`SELECT current_setting('unix_socket_directories') AS folder`);
  const folder = rows[0]!.folder;
  const near = new URL(url);
  if (folder === '' || !existsSync(join(folder, `.s.PGSQL.${near.port}`))) return url;
  near.searchParams.set('host', folder);
  return near.href;
}

/** Moves a controlled clock; throws if backwards. */
export async function setClock(pool: Pool, at: Date): Promise<void> {
  const { rowCount } = await pool.query('UPDATE public.test_clock SET at = $1 WHERE at <= $1', [at]);
  if (rowCount !== 1) throw new Error(`The test's clock is already past ${at.toISOString()} and never goes back.`);
}

async function asAdmin(work: (admin: Client) => Promise<unknown>): Promise<void> {
  const admin = new Client({ connectionString: adminUrl() });
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.end();
  }
}

function adminUrl(): string {
  const url = process.env.TEST_ADMIN_URL;
  if (!url) throw new Error('TEST_ADMIN_URL is not set: the global setup of the Jest project has not run.');
  return url;
}
