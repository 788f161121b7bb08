import { Injectable } from '@nestjs/common';
import { query, type Transaction } from '../platform/database.js';

/** Whose data destinations hold, and since when that has been so. */
@Injectable()
export class AccountStore {
  private readonly noted = new Map<string, string>();

  /** Notes by which account a destination is used from now on. */
  async note(tx: Transaction, destination: string, account: string): Promise<void> {
    if (this.noted.get(destination) === account) return;
    await query(
      tx,
      `INSERT INTO destination_accounts AS known (destination, account) VALUES ($1, $2)
       ON CONFLICT (destination) DO UPDATE SET account = excluded.account, since = turnout_now()
        WHERE known.account <> excluded.account`,
      [destination, account],
    );
    this.noted.set(destination, account);
  }

  /** Since when a destination has been used by another account than before; null if it always was by this one. */
  async since(tx: Transaction, destination: string): Promise<Date | null> {
    const [row] = await query<{ since: Date | null }>(
      tx,
      'SELECT since FROM destination_accounts WHERE destination = $1',
      [destination],
    );
    return row?.since ?? null;
  }
}
