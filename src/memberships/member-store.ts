import { Injectable } from '@nestjs/common';
import { query, type Transaction } from '../platform/database.js';
import { identifiersOf } from './identifiers-of.js';

export interface MemberRow {
  profileId: string;
  identifiers: Record<string, string>;
  since: Date;
  version: number;
  /** When it leaves if no event comes; null: never. */
  leavesAt: Date | null;
}

/** How a segment changed in an hour or a day. */
export interface ActivityRow {
  /** When the hour or day begins. */
  at: Date;
  entered: number;
  exited: number;
  /** At its end, or by now. */
  size: number;
}

export interface ActivityQuestion {
  unit: 'hour' | 'day';
  from: Date;
  to: Date;
  timeZone: string;
}

/** Members of segments, as last evaluated, and the log of how they came and went. */
@Injectable()
export class MemberStore {
  /** In order of profile id after a cursor. */
  async page(tx: Transaction, segmentKey: string, after: string, most: number): Promise<MemberRow[]> {
    const rows = await query<Omit<MemberRow, 'identifiers'>>(
      tx,
      `SELECT profile_id AS "profileId", since, version, due_at AS "leavesAt" FROM memberships
        WHERE segment_id = (SELECT id FROM segments WHERE key = $1) AND is_member AND profile_id > $2
        ORDER BY profile_id LIMIT $3`,
      [segmentKey, after, most],
    );
    const identifiers = await identifiersOf(
      tx,
      rows.map((row) => row.profileId),
    );
    return rows.map(({ profileId, ...row }) => ({
      profileId,
      identifiers: identifiers.get(profileId) ?? {},
      ...row,
    }));
  }

  async size(tx: Transaction, segmentKey: string): Promise<number> {
    const [row] = await query<{ size: number }>(
      tx,
      `SELECT count(*)::float8 AS size FROM memberships
        WHERE segment_id = (SELECT id FROM segments WHERE key = $1) AND is_member`,
      [segmentKey],
    );
    return row!.size;
  }

  /** Backwards from the present size: only the log since then is read. */
  async activity(tx: Transaction, segmentKey: string, question: ActivityQuestion): Promise<ActivityRow[]> {
    const { unit, from, to, timeZone } = question;
    const rows = await query<Omit<ActivityRow, 'size'> & { later: number; size: number }>(
      tx,
      `WITH segment AS (SELECT id FROM segments WHERE key = $1),
       spans AS (
         SELECT CASE WHEN $2 = 'day' THEN date_trunc('day', local) AT TIME ZONE $5 ELSE at END AS at
           FROM (SELECT at, at AT TIME ZONE $5 AS local FROM generate_series(
                   date_trunc($2, $3::timestamptz, $5) + CASE WHEN $2 = 'day' THEN interval '12 hours' ELSE interval '0' END,
                   $4::timestamptz + CASE WHEN $2 = 'day' THEN interval '12 hours' ELSE interval '0' END,
                   CASE WHEN $2 = 'day' THEN interval '24 hours' ELSE interval '1 hour' END) AS at) AS series
       ),
       moves AS (
         SELECT date_trunc($2, at, $5) AS at, count(*) FILTER (WHERE kind = 'entered') AS entered,
                count(*) FILTER (WHERE kind = 'exited') AS exited
           FROM transitions WHERE segment_id = (SELECT id FROM segment) AND at >= date_trunc($2, $3::timestamptz, $5)
          GROUP BY 1
       ),
       present AS (
         SELECT count(*) AS size FROM memberships WHERE segment_id = (SELECT id FROM segment) AND is_member
       )
       SELECT spans.at, coalesce(entered, 0)::float8 AS entered, coalesce(exited, 0)::float8 AS exited,
              ((SELECT size FROM present) - coalesce((
                SELECT sum(later.entered - later.exited) FROM moves later WHERE later.at > spans.at), 0))::float8 AS size
         FROM spans LEFT JOIN moves USING (at) WHERE spans.at < $4 ORDER BY spans.at`,
      [segmentKey, unit, from, to, timeZone],
    );
    return rows.map(({ at, entered, exited, size }) => ({ at, entered, exited, size }));
  }
}
