import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Until when decisions came to rest on an input, so that it can go with the last of them. */
export class AgeDecisionInputs1764000250000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `ALTER TABLE decision_inputs ADD COLUMN kept_at timestamptz(3) NOT NULL DEFAULT turnout_now()`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE decision_inputs DROP COLUMN kept_at`);
  }
}
