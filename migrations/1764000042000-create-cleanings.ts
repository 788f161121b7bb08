import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How far the removal of what is past its time has come, by kind and lane. */
export class CreateCleanings1764000042000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE cleanings (
        kind text NOT NULL,
        lane smallint NOT NULL,
        after text NOT NULL,
        done_at timestamptz(3),
        PRIMARY KEY (kind, lane)
      )`);
    // The lane of a text may be negative.
    await queryRunner.query(`
      INSERT INTO cleanings (kind, lane, after)
      SELECT kind, lane, '' FROM unnest(ARRAY['events', 'receipts', 'waiting_events']) AS kind, generate_series(-63, 63) AS lane
      UNION ALL SELECT 'records', 0, ''`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE cleanings`);
  }
}
