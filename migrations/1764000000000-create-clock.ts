import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The one clock of the service: every process asks the database for the time, so that their own clocks never matter.
 * A function of its own, so that tests can put a controlled clock in its place.
 */
export class CreateClock1764000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE FUNCTION turnout_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS
        $$ SELECT date_trunc('milliseconds', clock_timestamp()) $$`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP FUNCTION turnout_now()`);
  }
}
