import { Injectable } from '@nestjs/common';
import { now } from '../platform/clock.js';
import { query, type Transaction } from '../platform/database.js';
import { laneOfProfile } from '../platform/lanes.js';
import type { Discrepancy } from './drift-cause.js';

/** A comparison that this worker carries out. */
export interface ClaimedRun {
  id: string;
  destination: string;
  externalSegmentId: string;
  startedAt: Date;
}

/** What a comparison found. */
export interface Drift {
  held: number;
  missing: number;
  extra: number;
  strangers: number;
  /** Why, as far as that is known; also what is not drift, such as what is still to be sent. */
  causes: readonly Discrepancy[];
}

/** A comparison, asked for or made. What was found is null before it is finished, and where it could not be made. */
export interface RunView {
  id: string;
  destination: string;
  segmentId: string;
  requestedAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  problem: string | null;
  held: number | null;
  strangers: number | null;
  missing: number | null;
  extra: number | null;
  /** Null also of runs of earlier releases. */
  causes: readonly Discrepancy[] | null;
}

/** How long a run is its worker's without a sign of life. */
const LEASE_MS = 600_000;

const TAKEN = 'Another worker has taken the reconciliation.';

/** Runs of reconciliation: who carries one out, whom it found, and what came of it. */
@Injectable()
export class ReconciliationStore {
  /** The segments at a destination that published rules own; no others are ever looked at. */
  async owned(tx: Transaction, destination: string): Promise<string[]> {
    const rows = await query<{ segment_id: string }>(
      tx,
      `SELECT own ->> 'segmentId' AS segment_id FROM segments
         JOIN segment_versions ON segment_versions.segment_id = id AND version = published_version,
              jsonb_array_elements(push) AS own
        WHERE own ->> 'destination' = $1 ORDER BY 1`,
      [destination],
    );
    return rows.map((row) => row.segment_id);
  }

  /** Asks for a comparison of each segment, unless one is waiting already; returns how many were added. */
  async request(tx: Transaction, destination: string, segmentIds: readonly string[]): Promise<number> {
    await alone(tx);
    const rows = await query(
      tx,
      `INSERT INTO reconciliations (destination, external_segment_id, requested_at)
       SELECT $1, segment_id, turnout_now() FROM unnest($2::text[]) AS wanted (segment_id)
        WHERE NOT EXISTS (SELECT FROM reconciliations
                           WHERE destination = $1 AND external_segment_id = segment_id AND started_at IS NULL)
       RETURNING id`,
      [destination, segmentIds],
    );
    return rows.length;
  }

  /**
   * Of these segments, those that nobody asked to compare since an instant. Whoever is told of any is the only one until the
   * transaction ends.
   */
  async unaskedSince(
    tx: Transaction,
    destination: string,
    segmentIds: readonly string[],
    since: Date,
  ): Promise<string[]> {
    const unasked = async (): Promise<string[]> => {
      const rows = await query<{ segment_id: string }>(
        tx,
        `SELECT segment_id FROM unnest($2::text[]) AS wanted (segment_id)
          WHERE NOT EXISTS (SELECT FROM reconciliations
                             WHERE destination = $1 AND external_segment_id = segment_id AND requested_at > $3)`,
        [destination, segmentIds, since],
      );
      return rows.map((row) => row.segment_id);
    };
    if ((await unasked()).length === 0) return [];
    await alone(tx);
    return unasked();
  }

  /** Takes the run that waits longest, or one whose worker is gone; it begins anew. */
  async claim(tx: Transaction): Promise<ClaimedRun | undefined> {
    const at = await now(tx);
    const [row] = await query<ClaimedRun>(
      tx,
      `UPDATE reconciliations SET claimed_until = $2, started_at = $1
        WHERE id = (SELECT id FROM reconciliations
                     WHERE finished_at IS NULL AND (claimed_until IS NULL OR claimed_until <= $1)
                     ORDER BY requested_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
       RETURNING id, destination, external_segment_id AS "externalSegmentId", started_at AS "startedAt"`,
      [new Date(at), new Date(at + LEASE_MS)],
    );
    if (row) await query(tx, 'DELETE FROM reconciliation_members WHERE run_id = $1', [row.id]);
    return row;
  }

  /** Notes whom the destination holds. Throws if another worker has taken the run meanwhile. */
  async note(tx: Transaction, run: ClaimedRun, profileIds: readonly number[]): Promise<void> {
    const at = await now(tx);
    const [mine] = await query(
      tx,
      'UPDATE reconciliations SET claimed_until = $3 WHERE id = $1 AND started_at = $2 AND finished_at IS NULL RETURNING id',
      [run.id, run.startedAt, new Date(at + LEASE_MS)],
    );
    if (!mine) throw new Error(TAKEN);
    await query(
      tx,
      `INSERT INTO reconciliation_members (run_id, lane, profile_id)
       SELECT $1::bigint, * FROM unnest($2::smallint[], $3::bigint[]) ON CONFLICT DO NOTHING`,
      [run.id, profileIds.map(laneOfProfile), profileIds],
    );
  }

  /** Writes down what came of a run; what it gathered is thrown away. Throws if another worker has taken the run meanwhile. */
  async finish(tx: Transaction, run: ClaimedRun, outcome: Drift | { problem: string }): Promise<void> {
    const found = 'problem' in outcome ? undefined : outcome;
    const [mine] = await query(
      tx,
      `UPDATE reconciliations
          SET finished_at = turnout_now(), held = $3, missing = $4, extra = $5, strangers = $6, problem = $7, causes = $8
        WHERE id = $1 AND started_at = $2 AND finished_at IS NULL RETURNING id`,
      [
        run.id,
        run.startedAt,
        found?.held ?? null,
        found?.missing ?? null,
        found?.extra ?? null,
        found?.strangers ?? null,
        'problem' in outcome ? outcome.problem : null,
        found ? JSON.stringify(found.causes) : null,
      ],
    );
    if (!mine) throw new Error(TAKEN);
    await query(tx, 'DELETE FROM reconciliation_members WHERE run_id = $1', [run.id]);
  }

  /** Newest first; of one segment at the destination where it is named. */
  async list(
    tx: Transaction,
    { destination, segmentId }: { destination: string; segmentId?: string },
    most: number,
  ): Promise<RunView[]> {
    return query<RunView>(
      tx,
      `SELECT id, destination, external_segment_id AS "segmentId", requested_at AS "requestedAt",
              started_at AS "startedAt", finished_at AS "finishedAt", held, missing, extra, strangers, problem, causes
         FROM reconciliations WHERE destination = $1 AND external_segment_id = coalesce($2, external_segment_id)
        ORDER BY id DESC LIMIT $3`,
      [destination, segmentId ?? null, most],
    );
  }
}

/** Of two who ask for the same, the second sees what the first asked for. */
async function alone(tx: Transaction): Promise<void> {
  await query(tx, `SELECT pg_advisory_xact_lock(hashtextextended('who asks for reconciliations', 0))`);
}
