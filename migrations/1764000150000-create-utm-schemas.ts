import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How links are named, and from when on. Versions are only ever added. */
export class CreateUtmSchemas1764000150000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE utm_schema_versions (
        version integer PRIMARY KEY,
        schema json NOT NULL,
        valid_from timestamptz(3) NOT NULL,
        mid_period_reason text,
        created_at timestamptz(3) NOT NULL
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE utm_schema_versions`);
  }
}
