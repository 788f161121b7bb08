import { query } from '../platform/database.js';
import type { Cleaning } from './cleaning.js';

const ROWS_A_STEP = 5_000;

/**
 * Entries and exits from before the events that are kept. Of each profile and segment the last one of that time stays: it says
 * what was so when the log begins. Looked at in order of key: no index is needed.
 */
export const cleanTransitions: Cleaning = {
  kind: 'transitions',
  async step(tx, { lane, after }, { events: horizon }) {
    const [step] = await query<{ last: string | null; looked: string; removed: string }>(
      tx,
      `WITH looked AS (
         SELECT profile_id FROM transitions WHERE lane = $1 AND profile_id > $2 ORDER BY profile_id LIMIT $3
       ), removed AS (
         DELETE FROM transitions AS past
          WHERE lane = $1 AND profile_id IN (SELECT profile_id FROM looked) AND at <= $4
            AND EXISTS (SELECT FROM transitions AS next
                         WHERE next.lane = $1 AND next.profile_id = past.profile_id AND next.segment_id = past.segment_id
                           AND next.ordinal = past.ordinal + 1 AND next.at <= $4) RETURNING lane
       )
       SELECT (SELECT max(profile_id) FROM looked) AS last,
              (SELECT count(*) FROM looked) AS looked, (SELECT count(*) FROM removed) AS removed`,
      [lane, after === '' ? 0 : after, ROWS_A_STEP, new Date(horizon)],
    );
    const isDone = Number(step!.looked) < ROWS_A_STEP;
    return { removed: Number(step!.removed), after: isDone ? null : step!.last };
  },
};
