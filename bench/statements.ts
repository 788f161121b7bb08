import type { Pool } from 'pg';

/** What PostgreSQL has to be started with so that it counts what its statements take. */
export const COUNTING_STATEMENTS = {
  shared_preload_libraries: 'pg_stat_statements',
  'pg_stat_statements.track_planning': 'on',
};

/** Counts from now on, in the pool's database. */
export async function countStatements(pool: Pool): Promise<void> {
  await pool.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
  await pool.query('SELECT pg_stat_statements_reset()');
}

/** Says what PostgreSQL spent the most time on in the pool's database since it began to count, for each of so many units. */
export async function tellStatements(pool: Pool, unit: string, units: number): Promise<void> {
  const { rows } = await pool.query<{ calls: string; ms: number; planMs: number; query: string }>(
    `SELECT calls, total_exec_time AS ms, total_plan_time AS "planMs", query FROM pg_stat_statements
      WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
      ORDER BY total_exec_time + total_plan_time DESC LIMIT 40`,
  );
  await pool.query('SELECT pg_stat_statements_reset()');
  const each = (ms: number): string => ((ms * 1_000) / units).toFixed(1).padStart(7);
  for (const { calls, ms, planMs, query } of rows) {
    const text = query.replace(/\s+/g, ' ').slice(0, 100);
    console.log(`    ${calls.padStart(7)} calls; ${unit}, µs: run ${each(ms)}, planned ${each(planMs)}  ${text}`);
  }
}
