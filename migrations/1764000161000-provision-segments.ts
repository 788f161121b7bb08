import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Segments that destinations have to be made to hold before anything is sent about them. */
export class ProvisionSegments1764000161000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE provisioned_segments (
        destination text NOT NULL,
        segment_id text NOT NULL,
        name text NOT NULL,
        adopt boolean NOT NULL,
        version integer NOT NULL,
        state text NOT NULL,
        account text,
        external_id text,
        origin text,
        problem text,
        attempts integer NOT NULL DEFAULT 0,
        due_at timestamptz(3),
        claim uuid,
        claimed_until timestamptz(3),
        ready_at timestamptz(3),
        PRIMARY KEY (destination, segment_id)
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE provisioned_segments`);
  }
}
