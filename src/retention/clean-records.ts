import type { Milliseconds } from '../core/instant.js';
import { query } from '../platform/database.js';
import type { Cleaning } from './cleaning.js';

const MOST_REMOVED = 1_000;
/** With all their links, and these with their ways. */
const MOST_RUNS_REMOVED = 10;
const RHYTHM_DAYS = 63;
const DAY: Milliseconds = 86_400_000;

/** What was kept for people to look at, and what nobody looks back at; in lane 0, having none of their own. */
export const cleanRecords: Cleaning = {
  kind: 'records',
  async step(tx, { after }, { now, events, decisions, deadLetters: horizon }) {
    const letters = await query(
      tx,
      `DELETE FROM dead_letters WHERE id IN (
         SELECT id FROM dead_letters WHERE received_at <= $1 ORDER BY id LIMIT $2) RETURNING id`,
      [new Date(horizon), MOST_REMOVED],
    );
    const lines = await query(
      tx,
      `DELETE FROM import_bad_lines WHERE (import_id, line) IN (
         SELECT import_id, line FROM imports JOIN import_bad_lines ON import_id = imports.id
          WHERE updated_at <= $1 LIMIT $2) RETURNING line`,
      [new Date(horizon), MOST_REMOVED],
    );
    await query(tx, `DELETE FROM source_silences WHERE hour <= $1::timestamptz - make_interval(days => $2)`, [
      new Date(now),
      RHYTHM_DAYS,
    ]);
    const clicks = await query(
      tx,
      `DELETE FROM anonymous_clicks WHERE (occurred_at, id) IN (
         SELECT occurred_at, id FROM anonymous_clicks WHERE occurred_at <= $1 ORDER BY occurred_at LIMIT $2) RETURNING id`,
      [new Date(events), MOST_REMOVED],
    );
    const runs = await query(
      tx,
      `WITH past AS (SELECT id FROM link_runs WHERE requested_at <= $1 AND finished_at IS NOT NULL
                        AND id IS DISTINCT FROM (SELECT max(id) FROM link_runs WHERE subject = 'due') ORDER BY id LIMIT $2),
            links AS (DELETE FROM link_run_links WHERE run_id IN (SELECT id FROM past))
       DELETE FROM link_runs WHERE id IN (SELECT id FROM past) RETURNING id`,
      [new Date(horizon), MOST_RUNS_REMOVED],
    );
    const told = await query(
      tx,
      `DELETE FROM link_outcomes_told WHERE (lane, profile_id, destination, event_id) IN (
         SELECT lane, profile_id, destination, event_id FROM link_outcomes_told
          WHERE told_at <= $1 ORDER BY told_at LIMIT $2) RETURNING lane`,
      [new Date(events), MOST_REMOVED],
    );
    // Kept again at least once a day while decisions come to rest on it; and these go within a day, open ones with the events.
    await query(tx, 'DELETE FROM decision_inputs WHERE kept_at <= $1', [
      new Date(Math.min(decisions, events) - 2 * DAY),
    ]);
    await query(tx, 'DELETE FROM downstream_counts WHERE imported_at <= $1', [new Date(events)]);
    await query(tx, 'DELETE FROM link_checks WHERE checked_at <= $1', [new Date(events)]);
    const removed = runs.length + letters.length + lines.length + clicks.length + told.length;
    const isMore = runs.length === MOST_RUNS_REMOVED;
    const most = Math.max(letters.length, lines.length, clicks.length, told.length);
    return { removed, after: !isMore && most < MOST_REMOVED ? null : after };
  },
};
