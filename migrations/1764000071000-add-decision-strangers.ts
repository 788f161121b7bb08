import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where somebody unknown falls in splits, so that what they were answered can be worked out again. */
export class AddDecisionStrangers1764000071000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE decisions ADD COLUMN stranger text`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE decisions DROP COLUMN stranger`);
  }
}
