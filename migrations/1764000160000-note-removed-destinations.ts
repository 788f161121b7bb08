import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Destinations that were removed a moment ago: whoever did not know yet may still have owed them something. */
export class NoteRemovedDestinations1764000160000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE removed_destinations (
        key text PRIMARY KEY,
        removed_at timestamptz(3) NOT NULL
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE removed_destinations`);
  }
}
