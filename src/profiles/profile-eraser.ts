import { Injectable } from '@nestjs/common';
import { query, type Transaction } from '../platform/database.js';
import { laneOfProfile } from '../platform/lanes.js';
import { AliasStore } from './alias-store.js';
import { ErasedStore } from './erased-store.js';
import type { Identifier } from './identifier.js';
import { IdentifierStore } from './identifier-store.js';
import { PROFILE_TABLES } from './profile-tables.js';

/** Removes everything about a profile and those that became part of it, but for tombstones that tell nobody who it was. */
@Injectable()
export class ProfileEraser {
  constructor(
    private readonly identifiers: IdentifierStore,
    private readonly erased: ErasedStore,
    private readonly aliases: AliasStore,
  ) {}

  /**
   * Forgets a profile whose row the transaction has locked; the rows removed by table, and all that led to it. The rows of the
   * profiles themselves stay, empty: whoever was about to write to one of them finds it ended. Until the transaction ends
   * nobody can keep anything about others that names them.
   */
  async erase(
    tx: Transaction,
    profileId: number,
    family: readonly number[],
  ): Promise<{ removed: Record<string, number>; identifiers: Identifier[] }> {
    const identifiers = await this.identifiers.ofProfile(tx, profileId);
    await this.erased.add(tx, [...identifiers, ...(await this.aliases.forget(tx, identifiers))]);
    const removed: Record<string, number> = { decision_pins: await this.unpin(tx, family) };
    for (const table of Object.keys(PROFILE_TABLES)) removed[table] = await this.empty(tx, table, family);
    await this.erased.holdNamed(tx);
    removed.identity_conflicts! += await this.forgetConflicts(tx, identifiers);
    await this.identifiers.forget(tx, profileId);
    await query(
      tx,
      `UPDATE profiles SET ended_at = coalesce(ended_at, turnout_now()), evaluate_at = NULL, evaluated_at = NULL,
                           merge_event_id = NULL, merge_kind = NULL
        WHERE lane = ANY($1::smallint[]) AND id = ANY($2::bigint[])`,
      [family.map(laneOfProfile), family],
    );
    return { removed, identifiers };
  }

  private async empty(tx: Transaction, table: string, family: readonly number[]): Promise<number> {
    const [row] = await query<{ n: string }>(
      tx,
      `WITH gone AS (
         DELETE FROM ${table} WHERE lane = ANY($1::smallint[]) AND profile_id = ANY($2::bigint[]) RETURNING lane
       ) SELECT count(*) AS n FROM gone`,
      [family.map(laneOfProfile), family],
    );
    return Number(row!.n);
  }

  /** What pins their decisions, which has a lane of its own. */
  private async unpin(tx: Transaction, family: readonly number[]): Promise<number> {
    const rows = await query(
      tx,
      `DELETE FROM decision_pins WHERE decision_id IN (
         SELECT id FROM decisions WHERE lane = ANY($1::smallint[]) AND profile_id = ANY($2::bigint[])) RETURNING lane`,
      [family.map(laneOfProfile), family],
    );
    return rows.length;
  }

  /** Conflicts of others that name what was theirs. */
  private async forgetConflicts(tx: Transaction, identifiers: readonly Identifier[]): Promise<number> {
    const rows = await query(
      tx,
      `DELETE FROM identity_conflicts
        WHERE (kind, value) IN (SELECT * FROM unnest($1::text[], $2::text[])) RETURNING lane`,
      [identifiers.map((one) => one.kind), identifiers.map((one) => one.value)],
    );
    return rows.length;
  }
}
