import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { query } from '../platform/database.js';

/** After a change of rules every profile is looked at again: marked due lane by lane, in steps that a crash can't lose. */
@Injectable()
export class Backfill {
  constructor(private readonly dataSource: DataSource) {}

  async lanes(): Promise<number[]> {
    const rows = await query<{ lane: number }>(this.dataSource.manager, 'SELECT lane FROM backfills ORDER BY lane');
    return rows.map((row) => row.lane);
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
