import type { MigrationInterface, QueryRunner } from 'typeorm';

const KEY = ['cut', 'kind', 'day', 'value', 'step', 'currency'];
const MEASURES = [
  ...['human', 'suspect', 'machine', 'clickers', 'week_clickers', 'month_clickers', 'deliveries', 'clicked'],
  ...['conversions', 'days', 'lag_ms', 'revenue'],
];
const typeOf = (measure: string): string => (measure === 'revenue' ? 'numeric' : 'bigint');

const COLUMNS = `
  cut text NOT NULL,
  kind text NOT NULL,
  day date NOT NULL,
  value text[] NOT NULL,
  step smallint NOT NULL,
  currency text NOT NULL,
  ${MEASURES.map((measure) => `${measure} ${typeOf(measure)} NOT NULL DEFAULT 0`).join(', ')}`;

/** What a statement on shares takes from the figures and adds to them. */
const SIGNED = {
  INSERT: 'SELECT 1 AS sign, figures FROM added',
  DELETE: 'SELECT -1 AS sign, figures FROM removed',
  UPDATE: 'SELECT 1 AS sign, figures FROM added UNION ALL SELECT -1, figures FROM removed',
};

/**
 * Figures about links: each profile's share in them, their sums, and what has changed since it was added up. Whoever writes
 * or removes shares, be it the keeper, a merge or an erasure, has the difference noted in the same transaction, without
 * waiting for anybody.
 */
export class CreateLinkReports1764000170000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    // Whoever is known already has to be counted.
    await queryRunner.query(`ALTER TABLE profiles ADD COLUMN is_link_report_due boolean NOT NULL DEFAULT true`);
    await queryRunner.query(`ALTER TABLE profiles ALTER COLUMN is_link_report_due SET DEFAULT false`);
    await queryRunner.query(`CREATE INDEX profiles_link_report_due ON profiles (lane, id) WHERE is_link_report_due`);
    await queryRunner.query(`
      CREATE TABLE link_report_shares (
        lane smallint NOT NULL,
        profile_id bigint NOT NULL,
        figures jsonb NOT NULL,
        PRIMARY KEY (lane, profile_id)
      )`);
    await queryRunner.query(`CREATE TABLE link_report_figures (${COLUMNS}, PRIMARY KEY (${KEY.join(', ')}))`);
    await queryRunner.query(
      `CREATE INDEX link_report_figures_empty ON link_report_figures (cut)
        WHERE ${MEASURES.map((measure) => `${measure} = 0`).join(' AND ')}`,
    );
    await queryRunner.query(
      `CREATE TABLE link_report_changes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ${COLUMNS})`,
    );
    for (const [action, signed] of Object.entries(SIGNED)) {
      const name = `note_link_report_${action.toLowerCase()}`;
      await queryRunner.query(`
        CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          INSERT INTO link_report_changes (${[...KEY, ...MEASURES].join(', ')})
          SELECT cut, kind, day, value, coalesce(step, 0), coalesce(currency, ''),
                 ${MEASURES.map((measure) => `coalesce(sum(sign * ${measure}), 0)`).join(', ')}
            FROM (${signed}) AS shares CROSS JOIN LATERAL jsonb_to_recordset(shares.figures) AS figure (
                 cut text, kind text, day date, value text[], step smallint, currency text,
                 ${MEASURES.map((measure) => `${measure} ${typeOf(measure)}`).join(', ')})
           GROUP BY 1, 2, 3, 4, 5, 6
          HAVING ${MEASURES.map((measure) => `coalesce(sum(sign * ${measure}), 0) <> 0`).join(' OR ')};
          RETURN NULL;
        END $$`);
      const tables = [
        ...(action === 'DELETE' ? [] : ['NEW TABLE AS added']),
        ...(action === 'INSERT' ? [] : ['OLD TABLE AS removed']),
      ];
      await queryRunner.query(`
        CREATE TRIGGER ${name} AFTER ${action} ON link_report_shares REFERENCING ${tables.join(' ')}
        FOR EACH STATEMENT EXECUTE FUNCTION ${name}()`);
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE link_report_changes, link_report_figures, link_report_shares`);
    for (const action of Object.keys(SIGNED)) {
      await queryRunner.query(`DROP FUNCTION note_link_report_${action.toLowerCase()}()`);
    }
    await queryRunner.query(`ALTER TABLE profiles DROP COLUMN is_link_report_due`);
  }
}
