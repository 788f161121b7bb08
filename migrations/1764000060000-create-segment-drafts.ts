import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Edits of segments that are not in force yet, and what they would change, computed lane by lane. */
export class CreateSegmentDrafts1764000060000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    // Each edit draws a new id, so that a shadow knows the very words that it is about.
    await queryRunner.query(`
      CREATE TABLE segment_drafts (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        segment_id integer NOT NULL CONSTRAINT segment_drafts_segment UNIQUE,
        rule json NOT NULL,
        push jsonb,
        created_at timestamptz(3) NOT NULL
      )`);
    await queryRunner.query(`
      CREATE TABLE segment_shadows (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        segment_id integer NOT NULL CONSTRAINT segment_shadows_segment UNIQUE,
        draft_id bigint NOT NULL,
        rule json NOT NULL,
        push jsonb,
        revision bigint NOT NULL,
        as_of timestamptz(3) NOT NULL,
        state text NOT NULL,
        profiles bigint NOT NULL,
        finished_at timestamptz(3)
      )`);
    await queryRunner.query(`
      CREATE TABLE segment_shadow_lanes (
        shadow_id bigint NOT NULL,
        lane smallint NOT NULL,
        after_id bigint NOT NULL,
        profiles bigint NOT NULL,
        is_done boolean NOT NULL,
        findings json NOT NULL,
        PRIMARY KEY (shadow_id, lane)
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE segment_shadow_lanes, segment_shadows, segment_drafts`);
  }
}
