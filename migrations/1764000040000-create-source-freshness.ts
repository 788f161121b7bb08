import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How fresh what each source tells is, and how long it was silent in the hours of the past weeks. */
export class CreateSourceFreshness1764000040000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    // Updated once a second by each process that takes events in: room in the page keeps that from growing indexes.
    await queryRunner.query(`
      CREATE TABLE source_freshness (
        source text PRIMARY KEY,
        events bigint NOT NULL,
        last_received_at timestamptz(3) NOT NULL,
        last_occurred_at timestamptz(3) NOT NULL,
        lags double precision[] NOT NULL
      ) WITH (fillfactor = 50)`);
    await queryRunner.query(`
      CREATE TABLE source_silences (
        source text NOT NULL,
        hour timestamptz(3) NOT NULL,
        longest_ms bigint NOT NULL,
        PRIMARY KEY (source, hour)
      )`);
    await queryRunner.query(`CREATE INDEX dead_letters_source ON dead_letters (source)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX dead_letters_source`);
    await queryRunner.query(`DROP TABLE source_silences, source_freshness`);
  }
}
