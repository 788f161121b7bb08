import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Destinations that were set up through the API; their secrets are encrypted before they come here. */
export class CreateDestinations1764000101000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE destinations (
        key text PRIMARY KEY,
        kind text NOT NULL,
        settings jsonb NOT NULL,
        secrets bytea,
        secret_names text[] NOT NULL,
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL,
        revision uuid NOT NULL
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE destinations`);
  }
}
