import type { DataSource } from 'typeorm';
import { isWorthRepeating } from './database-errors.js';
import type { Transaction } from './database.js';

const MOST_TRIES = 5;

/** Runs a transaction, and again where another one (a merge, for instance) got in its way or changed what it rested on. */
export async function repeatedTransaction<Result>(
  dataSource: DataSource,
  work: (tx: Transaction) => Promise<Result>,
): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await dataSource.transaction(work);
    } catch (error) {
      if (tries === MOST_TRIES || !isWorthRepeating(error)) throw error;
    }
  }
}
