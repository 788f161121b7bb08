import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When an alias was last told of, so that one that nobody comes for can go; awaited identifiers go with what waits for them. */
export class AgeAwaitedIdentifiers1764000301000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    // The first default is not volatile: worked out once, and no row is written anew.
    await queryRunner.query(`ALTER TABLE awaited_aliases ADD COLUMN noted_at timestamptz(3) NOT NULL DEFAULT now()`);
    await queryRunner.query(`ALTER TABLE awaited_aliases ALTER COLUMN noted_at SET DEFAULT turnout_now()`);
    await queryRunner.query(`INSERT INTO cleanings (kind, lane, after) VALUES ('awaited_identifiers', 0, '')`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DELETE FROM cleanings WHERE kind = 'awaited_identifiers'`);
    await queryRunner.query(`ALTER TABLE awaited_aliases DROP COLUMN noted_at`);
  }
}
