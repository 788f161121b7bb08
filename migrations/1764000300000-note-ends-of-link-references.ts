import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When the last link ends that names a person, so that the reference can go with it; of those made before it is not known. */
export class NoteEndsOfLinkReferences1764000300000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE link_bindings ADD COLUMN expires_at timestamptz(3)`);
    await queryRunner.query(`
      INSERT INTO cleanings (kind, lane, after)
      SELECT 'link_bindings', lane, '' FROM generate_series(0, 63) AS lane UNION ALL SELECT 'link_shorts', 0, ''`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DELETE FROM cleanings WHERE kind IN ('link_bindings', 'link_shorts')`);
    await queryRunner.query(`ALTER TABLE link_bindings DROP COLUMN expires_at`);
  }
}
