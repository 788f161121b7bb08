import type { TestDatabase } from './database.js';
import type { TestTurnout } from './turnout.js';

const PATIENCE_MS = 30_000;

/** Waits until everybody's links were looked at, and what destinations are to hear of them was sent. */
export async function outcomesTold(turnout: TestTurnout, { pool }: Pick<TestDatabase, 'pool'>): Promise<void> {
  await turnout.settle();
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const { rows } = await pool.query<{ left: string }>(
      `SELECT (SELECT count(*) FROM profiles WHERE is_link_report_due)
            + (SELECT count(*) FROM link_outcomes_due WHERE due_at <= turnout_now()) AS left`,
    );
    if (rows[0]!.left === '0') break;
    if (performance.now() > deadline) throw new Error(`${rows[0]!.left} are still to be looked at`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  await turnout.settle();
}
