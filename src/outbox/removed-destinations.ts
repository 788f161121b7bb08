import { Injectable } from '@nestjs/common';
import type { Milliseconds } from '../core/instant.js';
import { query, type Transaction } from '../platform/database.js';
import { OutboxStore } from './outbox-store.js';

/** Each process knows within a second; its transactions under way may take longer. */
const UNTIL_ALL_KNOW_MS: Milliseconds = 60_000;

/**
 * What was owed to destinations that were removed. It goes with them, and once more when every process knows: one that did
 * not may have owed them something meanwhile.
 */
@Injectable()
export class RemovedDestinations {
  constructor(private readonly outbox: OutboxStore) {}

  /** Drops what a destination is still owed that is being removed; how many messages of each kind. */
  async remove(tx: Transaction, key: string): Promise<Record<string, number>> {
    await query(
      tx,
      `INSERT INTO removed_destinations (key, removed_at) VALUES ($1, turnout_now())
       ON CONFLICT (key) DO UPDATE SET removed_at = excluded.removed_at`,
      [key],
    );
    return this.outbox.drop(tx, key);
  }

  /** Drops what the last destination of this name was still owed, so that the next one begins with nothing. */
  async replace(tx: Transaction, key: string): Promise<void> {
    if (await this.forget(tx, key)) await this.outbox.drop(tx, key);
  }

  /** Destinations whose removal every process knows by now. */
  async known(tx: Transaction): Promise<string[]> {
    const rows = await query<{ key: string }>(
      tx,
      `SELECT key FROM removed_destinations WHERE removed_at <= turnout_now() - $1 * interval '1 ms' ORDER BY key`,
      [UNTIL_ALL_KNOW_MS],
    );
    return rows.map((row) => row.key);
  }

  private async forget(tx: Transaction, key: string): Promise<boolean> {
    return (await query(tx, 'DELETE FROM removed_destinations WHERE key = $1 RETURNING key', [key])).length > 0;
  }
}
