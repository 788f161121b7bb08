import { Injectable } from '@nestjs/common';
import type { Rule } from '../core/rule.js';
import { query, type Transaction } from '../platform/database.js';
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
    const rows = await query<{ id: string }>(tx, `SELECT id FROM rule_previews WHERE state = 'running' ORDER BY id`);
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

  /** False where it is over already. */
  async finish(
    tx: Transaction,
    id: string,
    end: { state: Exclude<PreviewState, 'running'>; result?: PreviewResult },
  ): Promise<boolean> {
    const rows = await query(
      tx,
      `UPDATE rule_previews SET state = $2, result = $3, finished_at = turnout_now(),
              judged = CASE WHEN $2 = 'done' THEN profiles ELSE judged END
        WHERE id = $1 AND state = 'running' RETURNING id`,
      [id, end.state, end.result ? JSON.stringify(end.result) : null],
    );
    return rows.length > 0;
  }
}
