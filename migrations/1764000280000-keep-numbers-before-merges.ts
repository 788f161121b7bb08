import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What was known of a profile before it became part of another one: a decision says as whom it was judged, and a moved event
 * the numbers that it had, by the number of the profile whose it was then.
 */
export class KeepNumbersBeforeMerges1764000280000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE events ADD COLUMN former_numbers jsonb`);
    await queryRunner.query(`ALTER TABLE decisions ADD COLUMN judged_as bigint`);
    await queryRunner.query(`UPDATE decisions SET judged_as = profile_id`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE decisions DROP COLUMN judged_as`);
    await queryRunner.query(`ALTER TABLE events DROP COLUMN former_numbers`);
  }
}
