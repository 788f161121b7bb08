import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When each source was last refused for its signature. */
export class CreateSourceRefusals1764000102000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE source_refusals (
        source text PRIMARY KEY,
        refused_at timestamptz(3) NOT NULL
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE source_refusals`);
  }
}
