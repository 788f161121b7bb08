import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Rules that are counted over everybody without being a segment's. */
export class CreateRulePreviews1764000061000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE rule_previews (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        rule json NOT NULL,
        state text NOT NULL,
        as_of timestamptz(3) NOT NULL,
        profiles bigint NOT NULL,
        judged bigint NOT NULL,
        result json,
        finished_at timestamptz(3)
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE rule_previews`);
  }
}
