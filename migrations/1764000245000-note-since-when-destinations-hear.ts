import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Since when a destination hears of clicks or purchases: what happened before is not told when that is switched on. */
export class NoteSinceWhenDestinationsHear1764000245000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE link_outcomes_heard (
        destination text NOT NULL,
        kind text NOT NULL,
        since timestamptz(3) NOT NULL,
        PRIMARY KEY (destination, kind)
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE link_outcomes_heard`);
  }
}
