import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Since when the data about each kind of event are complete, and what came in signed but could not be used. */
export class CreateSources1764000003000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE event_histories (
        event_name text PRIMARY KEY,
        source text NOT NULL,
        starts_at timestamptz(3) NOT NULL
      )`);
    await queryRunner.query(`
      CREATE TABLE dead_letters (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        source text NOT NULL,
        reason text NOT NULL,
        problem text NOT NULL,
        body bytea NOT NULL,
        received_at timestamptz(3) NOT NULL
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE dead_letters, event_histories`);
  }
}
