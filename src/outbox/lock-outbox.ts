import { query, type Transaction } from '../platform/database.js';

/**
 * Locks the rows that fulfil a condition, in order of key, as {@link OutboxStore.append} writes: many are to be changed, and
 * whoever is at some of them is waited for in no circle.
 */
export async function lockOutbox(tx: Transaction, condition: string, parameters: readonly unknown[]): Promise<void> {
  await query(
    tx,
    `SELECT count(*) FROM (
       SELECT FROM outbox WHERE ${condition} ORDER BY lane, profile_id, destination, subject FOR UPDATE) AS held`,
    [...parameters],
  );
}
