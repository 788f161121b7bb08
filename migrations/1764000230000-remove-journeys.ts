import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A journey that is removed answers nothing new; its versions stay, since decisions name them. */
export class RemoveJourneys1764000230000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE journeys ADD COLUMN removed_at timestamptz(3)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE journeys DROP COLUMN removed_at`);
  }
}
