import { query } from '../platform/database.js';
import type { Cleaning } from './cleaning.js';

const RECEIPTS_A_STEP = 5_000;
const MOST_REMOVED = 1_000;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** Ids of events that would be refused as too old if they came again. Looked at in order of key: no index is needed. */
export const cleanReceipts: Cleaning = {
  kind: 'receipts',
  async step(tx, { lane, after }, { receipts: horizon }) {
    const [step] = await query<{ last: string | null; looked: string; removed: string }>(
      tx,
      `WITH looked AS (
         SELECT event_id, received_at FROM receipts WHERE lane = $1 AND event_id > $2 ORDER BY event_id LIMIT $3
       ), removed AS (
         DELETE FROM receipts
          WHERE lane = $1 AND event_id IN (SELECT event_id FROM looked WHERE received_at <= $4) RETURNING event_id
       )
       SELECT (SELECT event_id FROM looked ORDER BY event_id DESC LIMIT 1) AS last,
              (SELECT count(*) FROM looked) AS looked, (SELECT count(*) FROM removed) AS removed`,
      [lane, after === '' ? FIRST_ID : after, RECEIPTS_A_STEP, new Date(horizon)],
    );
    const isDone = Number(step!.looked) < RECEIPTS_A_STEP;
    return { removed: Number(step!.removed), after: isDone ? null : step!.last };
  },
};

/** Events that nobody was ever known for. */
export const cleanWaitingEvents: Cleaning = {
  kind: 'waiting_events',
  async step(tx, { lane, after }, { events: horizon }) {
    const removed = await query(
      tx,
      `DELETE FROM waiting_events WHERE (lane, kind, value, event_id) IN (
         SELECT lane, kind, value, event_id FROM waiting_events
          WHERE lane = $1 AND (event ->> 'occurredAt')::bigint <= $2 LIMIT $3)
       RETURNING lane`,
      [lane, horizon, MOST_REMOVED],
    );
    return { removed: removed.length, after: removed.length < MOST_REMOVED ? null : after };
  },
};
