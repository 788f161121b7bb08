import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { prepared, query, type Transaction } from '../platform/database.js';

const LOOK_MS = 20;
const MOST_LOOKS = 25;

export interface BackfillProgress {
  version: number;
  beganAt: Date;
  done: number;
  profiles: number;
}

/** After a change of rules every profile is looked at again: marked due lane by lane, in steps that a crash can't lose. */
@Injectable()
export class Backfill {
  constructor(private readonly dataSource: DataSource) {}

  async lanes(): Promise<number[]> {
    const lanes = 'SELECT lane FROM backfills ORDER BY lane';
    const rows = await prepared<{ lane: number }>(this.dataSource.manager, 'backfilled_lanes', lanes, []);
    return rows.map((row) => row.lane);
  }

  /** How many profiles were looked at under a segment's version in force or a later state of things, of how many. */
  async progress(tx: Transaction, key: string): Promise<BackfillProgress | undefined> {
    const [row] = await query<BackfillProgress>(
      tx,
      `SELECT version, published_at AS "beganAt", done::float8 AS done, profiles::float8 AS profiles
         FROM segments JOIN segment_versions ON segment_id = id AND version = published_version,
              LATERAL (SELECT count(*) FILTER (WHERE evaluated_revision >= revision) AS done, count(*) AS profiles
                         FROM profiles WHERE ended_at IS NULL) AS counted
        WHERE key = $1`,
      [key],
    );
    return row;
  }

  /**
   * Waits while somebody waits for rows that are locked, an event to be stored most likely: a backfill is in no hurry.
   * Not for ever, since it has to end.
   */
  async giveWay(): Promise<void> {
    for (let looks = 0; looks < MOST_LOOKS && (await this.isSomebodyWaiting()); looks++) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  private async isSomebodyWaiting(): Promise<boolean> {
    const rows = await query(
      this.dataSource.manager,
      `SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'turnout' AND wait_event_type = 'Lock' LIMIT 1`,
    );
    return rows.length > 0;
  }

  /** Marks the next profiles of a lane due; false once the lane is done, or while another worker is at it. */
  async step(lane: number, most: number): Promise<boolean> {
    return this.dataSource.transaction(async (tx) => {
      const [at] = await query<{ after_id: string; effective_at: Date }>(
        tx,
        'SELECT after_id, effective_at FROM backfills WHERE lane = $1 FOR UPDATE SKIP LOCKED',
        [lane],
      );
      if (!at) return false;
      const marked = await query<{ id: string }>(
        tx,
        `UPDATE profiles SET evaluate_at = CASE WHEN ended_at IS NULL THEN least(evaluate_at, greatest($3, evaluated_at)) END
          WHERE lane = $1 AND id IN (SELECT id FROM profiles WHERE lane = $1 AND id > $2 ORDER BY id LIMIT $4 FOR UPDATE)
         RETURNING id`,
        [lane, at.after_id, at.effective_at, most],
      );
      if (marked.length < most) {
        await query(tx, 'DELETE FROM backfills WHERE lane = $1', [lane]);
        return false;
      }
      const last = marked.reduce((id, row) => Math.max(id, Number(row.id)), 0);
      await query(tx, 'UPDATE backfills SET after_id = $2 WHERE lane = $1', [lane, last]);
      return true;
    });
  }
}
