import type { MigrationInterface, QueryRunner } from 'typeorm';

const KEY = 'cut, kind, day, value, step, currency';
const MEASURES = [
  ...['human', 'suspect', 'machine', 'clickers', 'week_clickers', 'month_clickers', 'deliveries', 'clicked'],
  ...['conversions', 'days', 'lag_ms', 'revenue'],
];

/**
 * Figures of links by week and by month, beside those by day, which get a name of their own: a process that knows of days
 * alone must not go on adding to them. Which rows became nothing is known when they are added to; an index that told of it
 * had each change of a figure make an entry in every index.
 */
export class AddUpLinkReportsByPeriod1764000260000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX link_report_figures_empty`);
    await queryRunner.query(`ALTER TABLE link_report_figures RENAME TO link_report_days`);
    await queryRunner.query(`ALTER INDEX link_report_figures_pkey RENAME TO link_report_days_pkey`);
    for (const period of ['week', 'month']) {
      const table = `link_report_${period}s`;
      await queryRunner.query(
        `CREATE TABLE ${table} (LIKE link_report_days INCLUDING DEFAULTS INCLUDING STORAGE, PRIMARY KEY (${KEY}))`,
      );
      await queryRunner.query(`
        INSERT INTO ${table} (${KEY}, ${MEASURES.join(', ')})
        SELECT cut, kind, date_trunc('${period}', day::timestamp)::date, value, step, currency,
               ${MEASURES.map((measure) => `sum(${measure})`).join(', ')}
          FROM link_report_days WHERE cut <> 'origins' GROUP BY 1, 2, 3, 4, 5, 6
        HAVING ${MEASURES.map((measure) => `sum(${measure}) <> 0`).join(' OR ')}`);
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE link_report_weeks, link_report_months`);
    await queryRunner.query(`ALTER INDEX link_report_days_pkey RENAME TO link_report_figures_pkey`);
    await queryRunner.query(`ALTER TABLE link_report_days RENAME TO link_report_figures`);
    await queryRunner.query(
      `CREATE INDEX link_report_figures_empty ON link_report_figures (cut)
        WHERE ${MEASURES.map((measure) => `${measure} = 0`).join(' AND ')}`,
    );
  }
}
