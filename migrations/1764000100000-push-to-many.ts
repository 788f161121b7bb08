import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = ['segment_versions', 'segment_drafts', 'segment_shadows'];

/** A segment may be pushed to several destinations: what was one push or none is a list. */
export class PushToMany1764000100000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    for (const table of TABLES) {
      await queryRunner.query(
        `ALTER TABLE ${table} ALTER COLUMN push TYPE jsonb
           USING CASE WHEN push IS NULL THEN '[]'::jsonb ELSE jsonb_build_array(push) END,
         ALTER COLUMN push SET NOT NULL`,
      );
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of TABLES) {
      await queryRunner.query(
        `ALTER TABLE ${table} ALTER COLUMN push DROP NOT NULL, ALTER COLUMN push TYPE jsonb USING push -> 0`,
      );
    }
  }
}
