import { query } from '../platform/database.js';
import type { Cleaning } from './cleaning.js';

const DECISIONS_A_STEP = 1_000;

/**
 * Decisions, with what pins them. Their ids are in order of the instant asked, so that a lane is done at the first one that
 * is kept. One that is still open is kept as long as an event could settle it.
 */
export const cleanDecisions: Cleaning = {
  kind: 'decisions',
  async step(tx, { lane, after }, { decisions: horizon, events }) {
    const [step] = await query<{ last: string | null; looked: string; removed: string }>(
      tx,
      `WITH looked AS (
         SELECT id, asked_at, due_at FROM decisions WHERE lane = $1 AND id > $2 ORDER BY id LIMIT $3
       ), removed AS (
         DELETE FROM decisions
          WHERE lane = $1 AND id IN (
                SELECT id FROM looked WHERE asked_at <= $4 AND (due_at IS NULL OR asked_at <= $5)) RETURNING id
       ), unpinned AS (
         DELETE FROM decision_pins WHERE decision_id IN (SELECT id FROM removed)
       )
       SELECT (SELECT id FROM looked ORDER BY id DESC LIMIT 1) AS last,
              (SELECT count(*) FROM looked WHERE asked_at <= $4) AS looked, (SELECT count(*) FROM removed) AS removed`,
      [lane, after, DECISIONS_A_STEP, new Date(horizon), new Date(events)],
    );
    const isDone = Number(step!.looked) < DECISIONS_A_STEP;
    return { removed: Number(step!.removed), after: isDone ? null : step!.last };
  },
};
