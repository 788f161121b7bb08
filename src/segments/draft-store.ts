import { Injectable } from '@nestjs/common';
import type { Rule } from '../core/rule.js';
import { query, type Transaction } from '../platform/database.js';
import type { SegmentPush } from './segment.entities.js';

/** An edit that is not in force yet. */
export interface Draft {
  /** Another one after each edit. */
  id: string;
  segmentId: number;
  rule: Rule;
  push: readonly SegmentPush[];
  createdAt: Date;
}

/** Edits of segments on their way to being published; a segment has one at most. */
@Injectable()
export class DraftStore {
  /** Puts an edit in the place of the last one; the segment need not be there yet. */
  async put(tx: Transaction, segment: { key: string; rule: Rule; push: readonly SegmentPush[] }): Promise<void> {
    const [known] = await query<{ id: number }>(
      tx,
      `INSERT INTO segments (key, created_at) VALUES ($1, turnout_now())
       ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING id`,
      [segment.key],
    );
    const { id } = known!;
    await query(tx, 'DELETE FROM segment_drafts WHERE segment_id = $1', [id]);
    await query(
      tx,
      'INSERT INTO segment_drafts (segment_id, rule, push, created_at) VALUES ($1, $2, $3, turnout_now())',
      [id, JSON.stringify(segment.rule), JSON.stringify(segment.push)],
    );
  }

  async find(tx: Transaction, key: string): Promise<Draft | undefined> {
    const [draft] = await query<Draft>(
      tx,
      `SELECT draft.id, segment_id AS "segmentId", rule, push, draft.created_at AS "createdAt"
         FROM segment_drafts draft JOIN segments ON segments.id = segment_id WHERE key = $1`,
      [key],
    );
    return draft;
  }

  /** Takes a draft out; one that has been put in its place since stays. */
  async take(tx: Transaction, { id }: Draft): Promise<void> {
    await query(tx, 'DELETE FROM segment_drafts WHERE id = $1', [id]);
  }

  /** False if there was none. */
  async remove(tx: Transaction, key: string): Promise<boolean> {
    const rows = await query(
      tx,
      `DELETE FROM segment_drafts USING segments WHERE segments.id = segment_id AND key = $1
       RETURNING segment_drafts.id`,
      [key],
    );
    return rows.length > 0;
  }
}
