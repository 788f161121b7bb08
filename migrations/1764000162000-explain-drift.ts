import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Why destinations held something else than they were told, as far as that is known. */
export class ExplainDrift1764000162000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE reconciliations ADD COLUMN causes jsonb`);
    await queryRunner.query(`ALTER TABLE outbox ADD COLUMN repairs smallint NOT NULL DEFAULT 0`);
    await queryRunner.query(`
      CREATE TABLE destination_accounts (
        destination text PRIMARY KEY,
        account text NOT NULL,
        since timestamptz(3)
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE destination_accounts`);
    await queryRunner.query(`ALTER TABLE outbox DROP COLUMN repairs`);
    await queryRunner.query(`ALTER TABLE reconciliations DROP COLUMN causes`);
  }
}
