import type { Pool } from 'pg';

const LEFT_ALONE = ['migrations', 'test_clock'];

/** Brings a database back to what it held at first. */
export class InitialRows {
  private constructor(
    private readonly tables: readonly string[],
    private readonly sequences: readonly string[],
    private readonly rows: ReadonlyMap<string, string>,
  ) {}

  static async of(pool: Pool): Promise<InitialRows> {
    const named = async (sql: string): Promise<string[]> =>
      (await pool.query<{ name: string }>(sql)).rows
        .map((row) => row.name)
        .filter((name) => !LEFT_ALONE.includes(name));
    const tables = await named(`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`);
    const sequences = await named(
      `SELECT sequencename AS name FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1`,
    );
    const rows = new Map<string, string>();
    for (const table of tables) {
      // Or the same statements would be planned otherwise, depending on when somebody has looked at the table.
      await pool.query(`ALTER TABLE ${table} SET (autovacuum_enabled = off)`);
      const { rows: found } = await pool.query<{ all: string | null }>(
        `SELECT json_agg(t)::text AS all FROM ${table} t`,
      );
      if (found[0]!.all !== null) rows.set(table, found[0]!.all);
    }
    return new InitialRows(tables, sequences, rows);
  }

  async restore(pool: Pool): Promise<void> {
    const { rows } = await pool.query<{ name: string }>(
      this.tables.map((name) => `SELECT '${name}' AS name WHERE EXISTS (SELECT FROM ${name})`).join(' UNION ALL '),
    );
    if (rows.length > 0) await pool.query(`TRUNCATE ${rows.map((row) => row.name).join(', ')} CASCADE`);
    await pool.query(this.sequences.map((name) => `ALTER SEQUENCE ${name} RESTART`).join('; '));
    for (const [table, all] of this.rows) {
      await pool.query(
        `INSERT INTO ${table} OVERRIDING SYSTEM VALUE SELECT * FROM json_populate_recordset(NULL::${table}, $1)`,
        [all],
      );
    }
  }
}
