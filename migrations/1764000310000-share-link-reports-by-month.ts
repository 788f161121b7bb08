import type { MigrationInterface, QueryRunner } from 'typeorm';

const KEY = ['cut', 'kind', 'day', 'value', 'step', 'currency'];
const MEASURES = [
  ...['human', 'suspect', 'machine', 'clickers', 'week_clickers', 'month_clickers', 'deliveries', 'clicked'],
  ...['conversions', 'days', 'lag_ms', 'revenue'],
];
const typeOf = (measure: string): string => (measure === 'revenue' ? 'numeric' : 'bigint');

/**
 * A profile's share in the figures of links is kept month by month, with a digest of each: what happens today changes one or
 * two months, and the others are neither written nor read. The table has a name of its own: a process that knows of whole
 * shares alone must not go on writing them.
 */
export class ShareLinkReportsByMonth1764000310000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE link_report_month_shares (
        lane smallint NOT NULL,
        profile_id bigint NOT NULL,
        month date NOT NULL,
        digest text NOT NULL,
        figures jsonb NOT NULL,
        PRIMARY KEY (lane, profile_id, month)
      )`);
    // No digest is empty: each is compared when its profile is counted the next time. The figures themselves stay.
    await queryRunner.query(`
      INSERT INTO link_report_month_shares (lane, profile_id, month, digest, figures)
      SELECT lane, profile_id, date_trunc('month', (figure ->> 'day')::timestamp)::date, '', jsonb_agg(figure)
        FROM link_report_shares CROSS JOIN LATERAL jsonb_array_elements(figures) AS figure GROUP BY 1, 2, 3`);
    await queryRunner.query(`DROP TABLE link_report_shares`);
    await noteReplaced(
      queryRunner,
      `
      SELECT 1 AS sign, figure FROM (TABLE fresh EXCEPT ALL TABLE former) AS more
       UNION ALL SELECT -1, figure FROM (TABLE former EXCEPT ALL TABLE fresh) AS less`,
    );
    await noteChangesOf(queryRunner, 'link_report_month_shares');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE link_report_shares (
        lane smallint NOT NULL,
        profile_id bigint NOT NULL,
        figures jsonb NOT NULL,
        PRIMARY KEY (lane, profile_id)
      )`);
    await queryRunner.query(`
      INSERT INTO link_report_shares (lane, profile_id, figures)
      SELECT lane, profile_id, jsonb_agg(figure)
        FROM link_report_month_shares CROSS JOIN LATERAL jsonb_array_elements(figures) AS figure GROUP BY 1, 2`);
    await queryRunner.query(`DROP TABLE link_report_month_shares`);
    await noteReplaced(queryRunner, 'SELECT 1 AS sign, figure FROM fresh UNION ALL SELECT -1, figure FROM former');
    await noteChangesOf(queryRunner, 'link_report_shares');
  }
}

/**
 * Notes what a replaced share has more and less than the one before. Taking a figure apart costs ten times as much as seeing
 * that it is the same.
 */
async function noteReplaced(queryRunner: QueryRunner, signed: string): Promise<void> {
  await queryRunner.query(`
    CREATE OR REPLACE FUNCTION note_link_report_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO link_report_changes (${[...KEY, ...MEASURES].join(', ')})
      WITH fresh AS (SELECT figure FROM added CROSS JOIN LATERAL jsonb_array_elements(figures) AS figure),
           former AS (SELECT figure FROM removed CROSS JOIN LATERAL jsonb_array_elements(figures) AS figure)
      SELECT cut, kind, day, value, coalesce(step, 0), coalesce(currency, ''),
             ${MEASURES.map((measure) => `coalesce(sum(sign * ${measure}), 0)`).join(', ')}
        FROM (${signed}) AS changed CROSS JOIN LATERAL jsonb_to_record(changed.figure) AS figure (
             cut text, kind text, day date, value text[], step smallint, currency text,
             ${MEASURES.map((measure) => `${measure} ${typeOf(measure)}`).join(', ')})
       GROUP BY 1, 2, 3, 4, 5, 6
      HAVING ${MEASURES.map((measure) => `coalesce(sum(sign * ${measure}), 0) <> 0`).join(' OR ')};
      RETURN NULL;
    END $$`);
}

/** The functions are those of the shares before. */
async function noteChangesOf(queryRunner: QueryRunner, table: string): Promise<void> {
  for (const action of ['INSERT', 'DELETE', 'UPDATE']) {
    const tables = [
      ...(action === 'DELETE' ? [] : ['NEW TABLE AS added']),
      ...(action === 'INSERT' ? [] : ['OLD TABLE AS removed']),
    ];
    const name = `note_link_report_${action.toLowerCase()}`;
    await queryRunner.query(`
      CREATE TRIGGER ${name} AFTER ${action} ON ${table} REFERENCING ${tables.join(' ')}
      FOR EACH STATEMENT EXECUTE FUNCTION ${name}()`);
  }
}
