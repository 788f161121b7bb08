import { prepared, type Transaction } from './database.js';

/** The present instant in epoch milliseconds. The database's clock is the only one, so that no two processes disagree. */
export async function now(tx: Transaction): Promise<number> {
  const [row] = await prepared<{ now: Date }>(tx, 'now', 'SELECT turnout_now() AS now', []);
  return row!.now.getTime();
}
