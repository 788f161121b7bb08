import { Injectable } from '@nestjs/common';
import type { Rule } from '../core/rule.js';
import { prepared, query, type Transaction } from '../platform/database.js';
import { laneOfProfile } from '../platform/lanes.js';
import type { PreviewResult } from './preview-result.js';

export type PreviewState = 'running' | 'done' | 'cancelled' | 'failed';

/** A rule being counted, or counted, over everybody. */
export interface Preview {
  id: string;
  rule: Rule;
  state: PreviewState;
  asOf: Date;
  /** How many there were when it began, and about how many it is known what the rule says. */
  profiles: number;
  judged: number;
  result: PreviewResult | null;
  finishedAt: Date | null;
}

const KEPT_FOR = '1 day';
const PREVIEW = `id, rule, state, as_of AS "asOf", profiles::float8 AS profiles, judged::float8 AS judged, result,
                 finished_at AS "finishedAt"`;

/** Previews that were asked for, on their way and done. */
@Injectable()
export class PreviewStore {
  /** As of now. Forgets those of days past. */
  async begin(tx: Transaction, rule: Rule): Promise<string> {
    await query(tx, `DELETE FROM rule_previews WHERE as_of < turnout_now() - interval '${KEPT_FOR}'`);
    const [row] = await query<{ id: string }>(
      tx,
      `INSERT INTO rule_previews (rule, state, as_of, profiles, judged)
       SELECT $1, 'running', turnout_now(), count(*), 0 FROM profiles WHERE ended_at IS NULL RETURNING id`,
      [JSON.stringify(rule)],
    );
    return row!.id;
  }

  async find(tx: Transaction, id: string): Promise<Preview | undefined> {
    const [preview] = await query<Preview>(tx, `SELECT ${PREVIEW} FROM rule_previews WHERE id = $1`, [id]);
    return preview;
  }

  /** Those that wait or are worked on, oldest first. */
  async running(tx: Transaction): Promise<string[]> {
    const running = `SELECT id FROM rule_previews WHERE state = 'running' ORDER BY id`;
    const rows = await prepared<{ id: string }>(tx, 'running_previews', running, []);
    return rows.map((row) => row.id);
  }

  /** Takes a preview until the transaction ends, or its process: nobody else works on it meanwhile. */
  async take(tx: Transaction, id: string): Promise<Preview | undefined> {
    const [lock] = await query<{ taken: boolean }>(
      tx,
      `SELECT pg_try_advisory_xact_lock(hashtextextended('rule_preview ' || $1::text, 0)) AS taken`,
      [id],
    );
    const preview = lock!.taken ? await this.find(tx, id) : undefined;
    return preview?.state === 'running' ? preview : undefined;
  }

  /** Notes how far it has come; false once it is no longer wanted. */
  async advance(tx: Transaction, id: string, judged: number): Promise<boolean> {
    const rows = await query(
      tx,
      `UPDATE rule_previews SET judged = $2 WHERE id = $1 AND state = 'running' RETURNING id`,
      [id, judged],
    );
    return rows.length > 0;
  }

  /** Takes profiles out of the samples, waiting for who is about to write one down. Returns the previews changed. */
  async forgetProfiles(tx: Transaction, profileIds: readonly number[]): Promise<number> {
    const rows = await query<{ id: string; result: PreviewResult | null }>(
      tx,
      `SELECT id, result FROM rule_previews WHERE state = 'running' OR result IS NOT NULL ORDER BY id FOR UPDATE`,
    );
    let changed = 0;
    for (const { id, result } of rows) {
      const sample = result?.sample.filter((one) => !profileIds.includes(one.profileId));
      if (!sample || sample.length === result!.sample.length) continue;
      changed += 1;
      const left = JSON.stringify({ ...result, sample });
      await query(tx, 'UPDATE rule_previews SET result = $2 WHERE id = $1', [id, left]);
    }
    return changed;
  }

  /**
   * False where it is over already. Whoever was erased since the preview began is no longer in its sample: the row is
   * taken first, as an erasure takes it.
   */
  async finish(
    tx: Transaction,
    id: string,
    end: { state: Exclude<PreviewState, 'running'>; result?: PreviewResult },
  ): Promise<boolean> {
    await query(tx, 'SELECT FROM rule_previews WHERE id = $1 FOR UPDATE', [id]);
    const result = end.result && (await withoutEnded(tx, end.result));
    const rows = await query(
      tx,
      `UPDATE rule_previews SET state = $2, result = $3, finished_at = turnout_now(),
              judged = CASE WHEN $2 = 'done' THEN profiles ELSE judged END
        WHERE id = $1 AND state = 'running' RETURNING id`,
      [id, end.state, result ? JSON.stringify(result) : null],
    );
    return rows.length > 0;
  }
}

async function withoutEnded(tx: Transaction, result: PreviewResult): Promise<PreviewResult> {
  const ids = result.sample.map((one) => one.profileId);
  const rows = await query<{ id: string }>(
    tx,
    'SELECT id FROM profiles WHERE lane = ANY($1::smallint[]) AND id = ANY($2::bigint[]) AND ended_at IS NULL',
    [ids.map(laneOfProfile), ids],
  );
  const living = new Set(rows.map((row) => Number(row.id)));
  return { ...result, sample: result.sample.filter((one) => living.has(one.profileId)) };
}
