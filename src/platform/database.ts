import type { Writable } from 'node:stream';
import type { ClientBase, CustomTypesConfig } from 'pg';
import { READ_FAST } from './column-types.js';
import { DataSource, type DataSourceOptions, type EntityManager } from 'typeorm';
import { MIGRATIONS } from '../../migrations/index.js';

/** A transaction under way. Every write takes it as its first argument. */
export type Transaction = EntityManager;

const OLDEST_POSTGRES = 150_000;

/** Any number that no other program on the same server is likely to lock. */
const MIGRATION_LOCK = 7_463_001;

/** How every connection of the service is made; entities are the caller's. */
export function postgresOptions(url: string, poolSize: number) {
  return {
    type: 'postgres',
    url,
    synchronize: false,
    applicationName: 'turnout',
    // Statements that are begun together are sent together; see answersOf.
    extra: { max: poolSize, pipeline: true },
    migrations: MIGRATIONS,
    migrationsTransactionMode: 'each',
  } satisfies DataSourceOptions;
}

/** Runs one SQL statement and returns its rows, whatever the kind of statement. */
export async function query<Row>(tx: Transaction, sql: string, parameters: unknown[] = []): Promise<Row[]> {
  const runner = tx.queryRunner;
  if (runner) return (await runner.query(sql, parameters, true)).records as Row[];
  const single = tx.connection.createQueryRunner();
  try {
    return (await single.query(sql, parameters, true)).records as Row[];
  } finally {
    await single.release();
  }
}

/**
 * As {@link query}, by a statement that each connection prepares once under a name: for what is asked all the time. The
 * same name must always be of the same SQL.
 */
export function prepared<Row>(tx: Transaction, name: string, sql: string, parameters: unknown[]): Promise<Row[]> {
  return ask<Row>(tx, { name, text: sql, values: parameters });
}

/**
 * As {@link prepared}, with each row as an array: for what is read by the thousand. Instants come as milliseconds and
 * large integers as numbers.
 */
export function preparedRows<Row extends unknown[]>(
  tx: Transaction,
  name: string,
  sql: string,
  parameters: unknown[],
): Promise<Row[]> {
  return ask<Row>(tx, { name, text: sql, values: parameters, rowMode: 'array', types: READ_FAST });
}

/**
 * What statements answer that are begun at once, each {@link prepared}: they are sent in their order without waiting for one
 * another, in one round trip. Throws what the first of them fails with, once none is under way any more.
 */
export async function answersOf<Begun extends readonly Promise<unknown>[]>(
  ...begun: Begun
): Promise<{ -readonly [Index in keyof Begun]: Awaited<Begun[Index]> }> {
  const failures: Error[] = [];
  await Promise.all(begun.map((one) => one.catch((error: Error) => failures.push(error))));
  if (failures.length > 0) throw failures[0]!;
  return Promise.all(begun);
}

interface Asked {
  name: string;
  text: string;
  values: unknown[];
  rowMode?: 'array';
  types?: CustomTypesConfig;
}

async function ask<Row>(tx: Transaction, asked: Asked): Promise<Row[]> {
  const runner = tx.queryRunner ?? tx.connection.createQueryRunner();
  try {
    const client = (await runner.connect()) as ClientBase;
    gather(client);
    return (await client.query(asked as Asked & { rowMode: 'array' })).rows as unknown as Row[];
  } finally {
    if (runner !== tx.queryRunner) await runner.release();
  }
}

/** Has whatever a connection is asked at one moment leave in one write: each one more wakes the server, and costs as much. */
function gather(client: ClientBase): void {
  const { stream } = (client as unknown as { connection: { stream: Writable } }).connection;
  if (stream.writableCorked > 0) return;
  stream.cork();
  process.nextTick(() => stream.uncork());
}

/**
 * Brings the database to the newest migration; several processes may do so at once, and one does it.
 * Throws when the server is older than PostgreSQL 15.
 */
export async function migrateDatabase(url: string): Promise<void> {
  const dataSource = new DataSource(postgresOptions(url, 2));
  await dataSource.initialize();
  const lock = dataSource.createQueryRunner();
  try {
    await refuseOldServer(lock.manager);
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await dataSource.runMigrations();
    await lock.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
  } finally {
    await lock.release();
    await dataSource.destroy();
  }
}

async function refuseOldServer(tx: Transaction): Promise<void> {
  const [row] = await query<{ version: string }>(tx, `SELECT current_setting('server_version_num') AS version`);
  if (Number(row?.version) >= OLDEST_POSTGRES) return;
  throw new Error(
    `The PostgreSQL server at DATABASE_URL has version ${row?.version}; Turnout needs 15 or newer. Upgrade the server, ` +
      'or leave DATABASE_URL unset to use the embedded one.',
  );
}
