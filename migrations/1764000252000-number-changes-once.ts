import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Numbers for changes of what is declared that no two changes share, even if one of them is undone; and the last one that
 * memberships rest on.
 */
export class NumberChangesOnce1764000252000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE SEQUENCE catalogue_revisions START 2`);
    await queryRunner.query(`SELECT setval('catalogue_revisions', revision) FROM catalogue WHERE revision > 1`);
    await queryRunner.query(`ALTER TABLE catalogue ADD COLUMN rules_revision bigint`);
    await queryRunner.query(`UPDATE catalogue SET rules_revision = revision`);
    await queryRunner.query(`ALTER TABLE catalogue ALTER COLUMN rules_revision SET NOT NULL`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE catalogue DROP COLUMN rules_revision`);
    await queryRunner.query(`DROP SEQUENCE catalogue_revisions`);
  }
}
