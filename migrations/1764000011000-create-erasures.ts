import type { MigrationInterface, QueryRunner } from 'typeorm';

/** By what an erased profile's late events are turned away without keeping who it was, and the key of that. */
export class CreateErasures1764000011000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE erased_identifiers (
        hash bytea PRIMARY KEY,
        erased_at timestamptz(3) NOT NULL
      )`);
    await queryRunner.query(`
      CREATE TABLE installation_secrets (
        name text PRIMARY KEY,
        value bytea NOT NULL,
        created_at timestamptz(3) NOT NULL
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE installation_secrets, erased_identifiers`);
  }
}
