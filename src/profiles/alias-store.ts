import { Injectable } from '@nestjs/common';
import { plainArray, textArray } from '../platform/array-parameters.js';
import { query, type Transaction } from '../platform/database.js';
import { laneOfText } from '../platform/lanes.js';
import type { Alias } from './aliases.js';
import { identifierKey, type Identifier, type IdentifierKind } from './identifier.js';

interface AliasRow {
  value: string;
  owner_kind: IdentifierKind;
  owner_value: string;
}

/** Whose a former id is, kept until a customer comes who has it: the result is the same, whichever comes first. */
@Injectable()
export class AliasStore {
  /** The owners of former ids, all of kind `customer_id`, by their value. */
  async ownersOf(tx: Transaction, former: readonly Identifier[]): Promise<Map<string, Identifier[]>> {
    return this.ownersBy(tx, 'SELECT value, owner_kind, owner_value FROM awaited_aliases', former);
  }

  /** The same for those that lead to somebody by now, and are to be kept no longer. */
  async take(tx: Transaction, former: readonly Identifier[]): Promise<Map<string, Identifier[]>> {
    return this.ownersBy(tx, 'DELETE FROM awaited_aliases', former, 'RETURNING value, owner_kind, owner_value');
  }

  async note(tx: Transaction, aliases: readonly Alias[]): Promise<void> {
    if (aliases.length === 0) return;
    await query(
      tx,
      `INSERT INTO awaited_aliases AS known (lane, value, owner_kind, owner_value)
       SELECT DISTINCT * FROM unnest($1::smallint[], $2::text[], $3::text[], $4::text[]) AS new (lane, value, kind, owner)
        ORDER BY lane, value, kind, owner
       ON CONFLICT (lane, value, owner_kind, owner_value) DO UPDATE SET noted_at = excluded.noted_at
        WHERE known.noted_at < excluded.noted_at - interval '1 day'`,
      [
        ...columnsOf(aliases.map((one) => one.former)),
        plainArray(aliases.map((one) => one.owner.kind)),
        textArray(aliases.map((one) => one.owner.value)),
      ],
    );
  }

  /** Forgets the aliases of somebody; the former ids that were awaited for them, which are awaited no longer. */
  async forget(tx: Transaction, owners: readonly Identifier[]): Promise<Identifier[]> {
    const rows = await query<{ value: string }>(
      tx,
      `WITH gone AS (
         DELETE FROM awaited_aliases
          WHERE (owner_kind, owner_value) IN (SELECT * FROM unnest($1::text[], $2::text[])) RETURNING lane, value
       ), awaited AS (
         DELETE FROM identifiers WHERE (lane, kind, value) IN (SELECT lane, 'customer_id', value FROM gone)
            AND profile_id IS NULL
       ) SELECT DISTINCT value FROM gone`,
      [owners.map((one) => one.kind), owners.map((one) => one.value)],
    );
    return rows.map(({ value }) => ({ kind: 'customer_id', value }));
  }

  private async ownersBy(
    tx: Transaction,
    statement: string,
    former: readonly Identifier[],
    end = '',
  ): Promise<Map<string, Identifier[]>> {
    const owners = new Map<string, Identifier[]>();
    if (former.length === 0) return owners;
    const rows = await query<AliasRow>(
      tx,
      `${statement} WHERE (lane, value) IN (SELECT * FROM unnest($1::smallint[], $2::text[])) ${end}`,
      columnsOf(former),
    );
    for (const { value, owner_kind: kind, owner_value: owner } of rows) {
      owners.set(value, [...(owners.get(value) ?? []), { kind, value: owner }]);
    }
    return owners;
  }
}

function columnsOf(former: readonly Identifier[]): [string, string] {
  return [plainArray(former.map((one) => laneOfText(identifierKey(one)))), textArray(former.map((one) => one.value))];
}
