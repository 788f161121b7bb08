import { Injectable } from '@nestjs/common';
import type { Rule } from '../core/rule.js';
import { prepared, query, type Transaction } from '../platform/database.js';
import { LANES, laneOfProfile } from '../platform/lanes.js';
import type { Draft } from './draft-store.js';
import type { SegmentPush } from './segment.entities.js';
import { NO_FINDINGS, withoutProfiles, type LaneFindings } from './shadow-findings.js';

/** `outdated`: something declared changed while it ran, so that its numbers would have mixed versions. */
export type ShadowState = 'running' | 'done' | 'cancelled' | 'outdated';

/** A draft being computed, or computed, over all profiles. */
export interface Shadow {
  id: string;
  segment: string;
  draftId: string;
  rule: Rule;
  push: readonly SegmentPush[];
  revision: number;
  asOf: Date;
  state: ShadowState;
  /** How many there were when it began. */
  profiles: number;
  finishedAt: Date | null;
}

/** A lane of a shadow, taken for a step. */
export interface ShadowLane {
  shadow: Shadow;
  lane: number;
  afterId: number;
  profiles: number;
  findings: LaneFindings;
}

const SHADOW = `shadow.id, key AS segment, draft_id AS "draftId", shadow.rule, shadow.push, revision::float8 AS revision, as_of AS "asOf",
                state, shadow.profiles::float8 AS profiles, finished_at AS "finishedAt"`;

/** What drafts would change, lane by lane, so that a crash costs a step at most. */
@Injectable()
export class ShadowStore {
  /** Begins to compute a draft as of now, in the place of the segment's last shadow. */
  async begin(tx: Transaction, draft: Draft, revision: number): Promise<void> {
    await this.forget(tx, draft.segmentId);
    const [row] = await query<{ id: string }>(
      tx,
      `INSERT INTO segment_shadows (segment_id, draft_id, rule, push, revision, as_of, state, profiles)
       SELECT $1, $2, $3, $4, $5, turnout_now(), 'running', count(*) FROM profiles WHERE ended_at IS NULL
       RETURNING id`,
      [draft.segmentId, draft.id, JSON.stringify(draft.rule), JSON.stringify(draft.push), revision],
    );
    await query(
      tx,
      `INSERT INTO segment_shadow_lanes (shadow_id, lane, after_id, profiles, is_done, findings)
       SELECT $1, lane, 0, 0, false, $3 FROM generate_series(0, $2 - 1) AS lane`,
      [row!.id, LANES, JSON.stringify(NO_FINDINGS)],
    );
  }

  /** The last shadow of a segment. */
  async find(tx: Transaction, segment: string): Promise<Shadow | undefined> {
    const [shadow] = await query<Shadow>(
      tx,
      `SELECT ${SHADOW} FROM segment_shadows shadow JOIN segments ON segments.id = segment_id WHERE key = $1`,
      [segment],
    );
    return shadow;
  }

  /** What its lanes found so far, and about how many profiles. */
  async lanes(tx: Transaction, shadowId: string): Promise<{ profiles: number; findings: LaneFindings }[]> {
    return query(
      tx,
      'SELECT profiles::float8 AS profiles, findings FROM segment_shadow_lanes WHERE shadow_id = $1 ORDER BY lane',
      [shadowId],
    );
  }

  /** Lanes in which there is still something to compute. */
  async openLanes(tx: Transaction): Promise<{ shadowId: string; lane: number }[]> {
    return prepared(
      tx,
      'open_shadow_lanes',
      `SELECT shadow_id AS "shadowId", lane FROM segment_shadow_lanes JOIN segment_shadows shadow ON shadow.id = shadow_id
        WHERE state = 'running' AND NOT is_done ORDER BY shadow_id, lane`,
      [],
    );
  }

  /** Takes a lane for the rest of the transaction; undefined while another worker has it, or when it is done. */
  async claim(tx: Transaction, shadowId: string, lane: number): Promise<ShadowLane | undefined> {
    const [row] = await query<{ afterId: string; seen: number; findings: LaneFindings } & Shadow>(
      tx,
      `SELECT ${SHADOW}, after_id AS "afterId", part.profiles::float8 AS seen, findings
         FROM segment_shadow_lanes part JOIN segment_shadows shadow ON shadow.id = shadow_id
         JOIN segments ON segments.id = segment_id
        WHERE shadow_id = $1 AND lane = $2 AND state = 'running' AND NOT is_done FOR UPDATE OF part SKIP LOCKED`,
      [shadowId, lane],
    );
    if (!row) return undefined;
    const { afterId, seen, findings, ...shadow } = row;
    return { shadow, lane, afterId: Number(afterId), profiles: seen, findings };
  }

  /** Notes how far a lane has come. */
  async advance(tx: Transaction, { shadow, lane, afterId, profiles, findings }: ShadowLane): Promise<void> {
    await query(
      tx,
      `UPDATE segment_shadow_lanes SET after_id = $3, profiles = $4, findings = $5 WHERE shadow_id = $1 AND lane = $2`,
      [shadow.id, lane, afterId, profiles, JSON.stringify(findings)],
    );
  }

  /** Ends a lane; the last one ends the shadow. Lanes that end at once wait for each other, so that one is the last. */
  async finishLane(tx: Transaction, shadowId: string, lane: number): Promise<void> {
    await query(tx, 'SELECT FROM segment_shadows WHERE id = $1 FOR UPDATE', [shadowId]);
    await query(tx, 'UPDATE segment_shadow_lanes SET is_done = true WHERE shadow_id = $1 AND lane = $2', [
      shadowId,
      lane,
    ]);
    await query(
      tx,
      `UPDATE segment_shadows SET state = 'done', finished_at = turnout_now() WHERE id = $1 AND state = 'running'
          AND NOT EXISTS (SELECT FROM segment_shadow_lanes WHERE shadow_id = $1 AND NOT is_done)`,
      [shadowId],
    );
  }

  /** Stops a shadow that is running; false if it is not. */
  async stop(tx: Transaction, shadowId: string, state: 'cancelled' | 'outdated'): Promise<boolean> {
    const rows = await query(
      tx,
      `UPDATE segment_shadows SET state = $2, finished_at = turnout_now() WHERE id = $1 AND state = 'running'
       RETURNING id`,
      [shadowId, state],
    );
    return rows.length > 0;
  }

  /** Takes profiles out of the samples, waiting for steps that may be about to name them. Returns the rows changed. */
  async forgetProfiles(tx: Transaction, profileIds: readonly number[]): Promise<number> {
    const rows = await query<{ shadow_id: string; lane: number; findings: LaneFindings }>(
      tx,
      `SELECT shadow_id, lane, findings FROM segment_shadow_lanes WHERE lane = ANY($1::smallint[])
        ORDER BY shadow_id, lane FOR UPDATE`,
      [profileIds.map(laneOfProfile)],
    );
    let changed = 0;
    for (const { shadow_id: shadowId, lane, findings } of rows) {
      const left = withoutProfiles(findings, new Set(profileIds));
      if (!left) continue;
      changed += 1;
      await query(tx, 'UPDATE segment_shadow_lanes SET findings = $3 WHERE shadow_id = $1 AND lane = $2', [
        shadowId,
        lane,
        JSON.stringify(left),
      ]);
    }
    return changed;
  }

  /** Lanes first: a step under way holds one, and may want the shadow's row. */
  private async forget(tx: Transaction, segmentId: number): Promise<void> {
    await query(
      tx,
      'DELETE FROM segment_shadow_lanes WHERE shadow_id IN (SELECT id FROM segment_shadows WHERE segment_id = $1)',
      [segmentId],
    );
    await query(tx, 'DELETE FROM segment_shadows WHERE segment_id = $1', [segmentId]);
  }
}
