import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who changed what, and when; and keys that end by themselves. */
export class CreateAuditLog1764000110000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE audit_log (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at timestamptz(3) NOT NULL,
        api_key_id uuid,
        action text NOT NULL,
        target jsonb NOT NULL,
        detail jsonb NOT NULL
      )`);
    await queryRunner.query(`ALTER TABLE api_keys ADD COLUMN expires_at timestamptz(3)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE api_keys DROP COLUMN expires_at`);
    await queryRunner.query(`DROP TABLE audit_log`);
  }
}
