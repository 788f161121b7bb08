import type { DataSource } from 'typeorm';
import { query, type Transaction } from './database.js';

/** Who reads so slowly is let go, so that the connection serves others. */
const PATIENCE_MS = 30_000;

/**
 * What `rows` reads by cursors, as of one instant. The connection is given back when they end, fail, are read no further, or
 * are not asked for in so long that the database ends the transaction, which the reader is then told of.
 */
export async function* streamedSnapshot<Row>(
  dataSource: DataSource,
  rows: (tx: Transaction) => AsyncIterable<Row>,
  patienceMs = PATIENCE_MS,
): AsyncGenerator<Row> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.startTransaction('REPEATABLE READ');
    await query(runner.manager, `SET LOCAL idle_in_transaction_session_timeout = ${patienceMs}`);
    yield* rows(runner.manager);
  } finally {
    await runner.rollbackTransaction().catch(() => undefined);
    await runner.release();
  }
}
