import { query } from '../platform/database.js';
import type { Cleaning } from './cleaning.js';

const MOST_REMOVED = 1_000;

/**
 * Comparisons with destinations (but for the last one of each segment), imports, and conflicts of identity that nobody settled
 * and that came up no more, for as long as events are kept; in lane 0, having none of their own.
 */
export const cleanPastWork: Cleaning = {
  kind: 'past_work',
  async step(tx, { after }, { events }) {
    const horizon = new Date(events);
    const comparisons = await query(
      tx,
      `DELETE FROM reconciliations WHERE id IN (
         SELECT id FROM reconciliations AS past
          WHERE finished_at <= $1
            AND EXISTS (SELECT FROM reconciliations AS newer
                         WHERE newer.destination = past.destination AND newer.requested_at > past.requested_at
                           AND newer.external_segment_id = past.external_segment_id
                           AND newer.finished_at IS NOT NULL) LIMIT $2) RETURNING id`,
      [horizon, MOST_REMOVED],
    );
    const imports = await query(
      tx,
      `DELETE FROM imports WHERE id IN (
         SELECT id FROM imports WHERE updated_at <= $1
            AND NOT EXISTS (SELECT FROM import_bad_lines WHERE import_id = imports.id) LIMIT $2) RETURNING id`,
      [horizon, MOST_REMOVED],
    );
    const conflicts = await query(
      tx,
      `DELETE FROM identity_conflicts WHERE (lane, profile_id, kind, value) IN (
         SELECT lane, profile_id, kind, value FROM identity_conflicts
          WHERE last_seen_at <= $1 AND kept_apart_at IS NULL LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING lane`,
      [horizon, MOST_REMOVED],
    );
    const removed = [comparisons.length, imports.length, conflicts.length];
    return {
      removed: removed.reduce((sum, count) => sum + count, 0),
      after: Math.max(...removed) < MOST_REMOVED ? null : after,
    };
  },
};
