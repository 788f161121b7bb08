import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What came of links is told to destinations: whose links have to be looked at for that, and what was told already, so that
 * nothing is told twice.
 */
export class TellLinkOutcomes1764000200000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE link_outcomes_due (
        lane smallint NOT NULL,
        profile_id bigint NOT NULL,
        due_at timestamptz(3) NOT NULL,
        PRIMARY KEY (lane, profile_id)
      )`);
    await queryRunner.query(`CREATE INDEX link_outcomes_due_at ON link_outcomes_due (due_at)`);
    await queryRunner.query(`
      CREATE TABLE link_outcomes_told (
        lane smallint NOT NULL,
        profile_id bigint NOT NULL,
        destination text NOT NULL,
        event_id uuid NOT NULL,
        told_at timestamptz(3) NOT NULL,
        PRIMARY KEY (lane, profile_id, destination, event_id)
      )`);
    await queryRunner.query(`CREATE INDEX link_outcomes_told_at ON link_outcomes_told (told_at)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE link_outcomes_told, link_outcomes_due`);
  }
}
