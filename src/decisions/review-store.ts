import { Injectable } from '@nestjs/common';
import type { Instant, Milliseconds } from '../core/instant.js';
import { plainArray } from '../platform/array-parameters.js';
import { prepared, query, type Transaction } from '../platform/database.js';
import { laneOfProfile } from '../platform/lanes.js';
import { lanesWith } from '../platform/lanes-with.js';
import { decisionOf, laneOf, ROW, type DecisionRow } from './decision-row.js';
import type { DueDecision } from './decision-store.js';
import type { Decision, Revision } from './decision.js';
import { maySpeakAgainst } from './speaks-against.js';

/** How long after a decision what comes in may still revise it. */
const REVIEWED_FOR: Milliseconds = 120 * 86_400_000;

/** Which decisions are to be asked whether they still hold. */
@Injectable()
export class ReviewStore {
  /**
   * Marks the decisions of some profiles that new events may speak against: late ones, and what undoes purchases. Those too
   * that are marked already: who reviews one at this moment does not know of these, and is about to take the mark away.
   */
  async mark(tx: Transaction, profileIds: readonly number[], at: Instant): Promise<void> {
    await prepared(
      tx,
      'mark_decisions_for_review',
      `UPDATE decisions SET review_at = least(review_at, $3) FROM unnest($1::smallint[], $2::bigint[]) AS asked (l, p)
        WHERE decisions.lane = l AND decisions.profile_id = p AND due_at IS NULL AND as_of > $4
          AND ${maySpeakAgainst({ lane: 'l', profileId: 'p', isNew: 'seq > greatest(known_seq, reviewed_seq)', asOf: 'as_of' })}`,
      [plainArray(profileIds.map(laneOfProfile)), plainArray(profileIds), new Date(at), new Date(at - REVIEWED_FOR)],
    );
  }

  /** Lanes in which a decision is to be reviewed. */
  async dueLanes(tx: Transaction, at: Instant): Promise<number[]> {
    const probe = 'SELECT FROM decisions WHERE decisions.lane = lanes.lane AND review_at <= $1';
    return lanesWith(tx, 'due_review_lanes', probe, [new Date(at)]);
  }

  /** Takes decisions to be reviewed for the rest of the transaction, in one order; others' are passed over. */
  async claimDue(tx: Transaction, lane: number, at: Instant, most: number): Promise<DueDecision[]> {
    const rows = await query<DecisionRow>(
      tx,
      `SELECT ${ROW} FROM decisions
        WHERE lane = $1 AND review_at <= $2 ORDER BY review_at, id LIMIT $3 FOR UPDATE SKIP LOCKED`,
      [lane, new Date(at), most],
    );
    return rows.map(decisionOf) as DueDecision[];
  }

  /** Notes what came of reviews, up to the newest event that they knew. */
  async note(
    tx: Transaction,
    reviewed: readonly { decision: Decision; revised: Revision | null; seq: number }[],
  ): Promise<void> {
    if (reviewed.length === 0) return;
    await query(
      tx,
      `UPDATE decisions SET review_at = NULL, reviewed_seq = greatest(reviewed_seq, seq), revised = new.revised
         FROM unnest($1::smallint[], $2::text[], $3::jsonb[], $4::bigint[]) AS new (l, i, revised, seq)
        WHERE lane = l AND id = i`,
      [
        reviewed.map(({ decision }) => laneOf(decision)),
        reviewed.map(({ decision }) => decision.id),
        reviewed.map(({ revised }) => revised && JSON.stringify(revised)),
        reviewed.map(({ seq }) => seq),
      ],
    );
  }
}
