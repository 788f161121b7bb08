import { Injectable } from '@nestjs/common';
import type { Addressee } from '../destinations/destination.js';
import { query, type Transaction } from '../platform/database.js';

const FIELD_OF_KIND: Record<string, keyof Addressee> = { customer_id: 'customerId', cio_id: 'cioId', email: 'email' };

/** How destinations may know our profiles: a read model over the identifiers. */
@Injectable()
export class AddresseeStore {
  /** By profile id. Of several identifiers of a kind the oldest is the one that the destination has known longest. */
  async of(tx: Transaction, profileIds: readonly number[]): Promise<Map<number, Addressee>> {
    const rows = await query<{ profile_id: string; kind: string; value: string }>(
      tx,
      `SELECT DISTINCT ON (profile_id, kind) profile_id, kind, value FROM identifiers
        WHERE profile_id = ANY($1::bigint[]) AND kind = ANY($2::text[])
        ORDER BY profile_id, kind, created_at, value`,
      [profileIds, Object.keys(FIELD_OF_KIND)],
    );
    const addressees = new Map<number, Addressee>(profileIds.map((id) => [id, {}]));
    for (const row of rows) addressees.get(Number(row.profile_id))![FIELD_OF_KIND[row.kind]!] = row.value;
    return addressees;
  }
}
