import { Injectable } from '@nestjs/common';
import { query, type Transaction } from '../platform/database.js';
import { laneOfProfile } from '../platform/lanes.js';
import { ConflictStore } from './conflict-store.js';
import { IdentifierStore } from './identifier-store.js';
import type { FollowedMerge, ProfileMerge } from './merge-follower.js';
import { PROFILE_TABLES, type OnMerge } from './profile-tables.js';

/** A merge, and what showed that the two are one. */
export interface EvidencedMerge extends ProfileMerge {
  eventId: string;
  /** Of the identifier that led to the other profile. */
  kind: string;
}

const tablesWhose = (rows: OnMerge): string[] =>
  Object.keys(PROFILE_TABLES).filter((table) => PROFILE_TABLES[table] === rows);
const MOVED_TABLES = tablesWhose('moves');
const EMPTIED_TABLES = tablesWhose('goes');

/** Makes two profiles one: the union of their histories, under the older's number. */
@Injectable()
export class ProfileMerger {
  constructor(
    private readonly identifiers: IdentifierStore,
    private readonly conflicts: ConflictStore,
  ) {}

  /**
   * Moves what belongs to profiles that became part of others, and tells how they were known before. The caller holds the
   * locks of all of them.
   */
  async merge(tx: Transaction, merges: readonly EvidencedMerge[]): Promise<FollowedMerge[]> {
    const followed: FollowedMerge[] = [];
    for (const { merged, into } of merges) {
      const address = await this.identifiers.addressOf(tx, merged);
      followed.push({ merged, into, address, addressBefore: await this.identifiers.addressOf(tx, into) });
    }
    for (const one of merges) {
      await query(tx, 'UPDATE identifiers SET profile_lane = $1, profile_id = $2 WHERE profile_id = $3', [
        laneOfProfile(one.into),
        one.into,
        one.merged,
      ]);
      await this.moveEvents(tx, one);
      for (const table of MOVED_TABLES) await query(tx, moveRows(table), keysOf(one));
      for (const table of EMPTIED_TABLES) {
        await query(tx, `DELETE FROM ${table} WHERE lane = $1 AND profile_id = $2`, keysOf(one).slice(0, 2));
      }
      await this.conflicts.move(tx, one);
      await this.end(tx, one);
    }
    return followed;
  }

  /**
   * Moved events count as new to the profile that stays, and it is due when the first of them happened: as if they had
   * come late. What was known of the one that goes can still be told, by the numbers that they had.
   */
  private async moveEvents(tx: Transaction, merge: ProfileMerge): Promise<void> {
    await query(
      tx,
      `WITH moved AS (
         UPDATE events SET lane = $3, profile_id = $4, seq = DEFAULT,
                former_numbers = coalesce(former_numbers, '{}') || jsonb_build_object(profile_id::text, seq)
          WHERE lane = $1 AND profile_id = $2
         RETURNING occurred_at
       ), first AS (SELECT min(occurred_at) AS at FROM moved)
       UPDATE profiles SET evaluate_at = least(evaluate_at, greatest(first.at, evaluated_at)), is_link_report_due = true
         FROM first
        WHERE lane = $3 AND id = $4 AND first.at IS NOT NULL`,
      keysOf(merge),
    );
  }

  private async end(tx: Transaction, { merged, into, eventId, kind }: EvidencedMerge): Promise<void> {
    await query(
      tx,
      `UPDATE profiles
          SET ended_at = turnout_now(), merged_into = $3, merge_event_id = $4, merge_kind = $5, evaluate_at = NULL
        WHERE lane = $1 AND id = $2`,
      [laneOfProfile(merged), merged, into, eventId, kind],
    );
  }
}

function moveRows(table: string): string {
  return `UPDATE ${table} SET lane = $3, profile_id = $4 WHERE lane = $1 AND profile_id = $2`;
}

function keysOf({ merged, into }: ProfileMerge): number[] {
  return [laneOfProfile(merged), merged, laneOfProfile(into), into];
}
