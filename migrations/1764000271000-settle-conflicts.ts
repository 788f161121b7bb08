import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Conflicts of which somebody has said that the two are different people. */
export class SettleConflicts1764000271000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE identity_conflicts ADD COLUMN kept_apart_at timestamptz(3)`);
    await queryRunner.query(
      `CREATE INDEX identity_conflicts_apart ON identity_conflicts (profile_id) WHERE kept_apart_at IS NOT NULL`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX identity_conflicts_apart`);
    await queryRunner.query(`ALTER TABLE identity_conflicts DROP COLUMN kept_apart_at`);
  }
}
