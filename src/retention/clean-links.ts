import { query } from '../platform/database.js';
import type { Cleaning } from './cleaning.js';

const ROWS_A_STEP = 5_000;
/** Clicks of the last moment are long events by then, and a short form says for a while that it has ended. */
const KEPT_DAYS = 30;
/** No link lives longer: of references that were made by earlier releases the end is not known. */
const LONGEST_LIFE_DAYS = 3_660;

/** To whom links were given that have all ended. Looked at in order of key: no index is needed. */
export const cleanLinkBindings: Cleaning = {
  kind: 'link_bindings',
  async step(tx, { lane, after }, { now }) {
    const [profileId = '0', reference = ''] = after === '' ? [] : after.split(' ');
    const [step] = await query<{ last: string | null; looked: string; removed: string }>(
      tx,
      `WITH looked AS (
         SELECT profile_id, reference, coalesce(expires_at, created_at + make_interval(days => $6)) AS ends_at
           FROM link_bindings WHERE lane = $1 AND (profile_id, reference) > ($2::bigint, decode($3, 'hex'))
          ORDER BY profile_id, reference LIMIT $4
       ), removed AS (
         DELETE FROM link_bindings
          WHERE lane = $1 AND (profile_id, reference) IN (
                SELECT profile_id, reference FROM looked WHERE ends_at <= $5::timestamptz - make_interval(days => $7))
            -- Given to them once more in between: then it lives on.
            AND coalesce(expires_at, '-infinity') <= $5::timestamptz - make_interval(days => $7) RETURNING lane
       )
       SELECT (SELECT profile_id || ' ' || encode(reference, 'hex') FROM looked
                ORDER BY profile_id DESC, reference DESC LIMIT 1) AS last,
              (SELECT count(*) FROM looked) AS looked, (SELECT count(*) FROM removed) AS removed`,
      [lane, profileId, reference, ROWS_A_STEP, new Date(now), LONGEST_LIFE_DAYS, KEPT_DAYS],
    );
    const isDone = Number(step!.looked) < ROWS_A_STEP;
    return { removed: Number(step!.removed), after: isDone ? null : step!.last };
  },
};

/** Short forms of links that have ended; in lane 0, having none of their own. */
export const cleanLinkShorts: Cleaning = {
  kind: 'link_shorts',
  async step(tx, { after }, { now }) {
    const [step] = await query<{ last: string | null; looked: string; removed: string }>(
      tx,
      `WITH looked AS (
         SELECT code, link_id FROM link_shorts WHERE code > decode($1, 'hex') ORDER BY code LIMIT $2
       ), removed AS (
         DELETE FROM link_shorts WHERE code IN (
           SELECT code FROM looked JOIN tracked_links ON id = link_id
            WHERE expires_at <= $3::timestamptz - make_interval(days => $4)) RETURNING code
       )
       SELECT (SELECT encode(code, 'hex') FROM looked ORDER BY code DESC LIMIT 1) AS last,
              (SELECT count(*) FROM looked) AS looked, (SELECT count(*) FROM removed) AS removed`,
      [after, ROWS_A_STEP, new Date(now), KEPT_DAYS],
    );
    const isDone = Number(step!.looked) < ROWS_A_STEP;
    return { removed: Number(step!.removed), after: isDone ? null : step!.last };
  },
};
