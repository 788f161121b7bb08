import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Profiles that became part of another, what was rather left apart, and ids under which a destination must forget somebody. */
export class MergeProfiles1764000010000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    // The row of a profile that ended stays: whoever was about to write to it finds out, since it waits for this row.
    await queryRunner.query(`
      ALTER TABLE profiles
        ADD COLUMN ended_at timestamptz(3),
        ADD COLUMN merged_into bigint,
        ADD COLUMN merge_event_id uuid,
        ADD COLUMN merge_kind text,
        ADD CONSTRAINT profiles_ended CHECK (ended_at IS NULL OR evaluate_at IS NULL),
        ADD CONSTRAINT profiles_merged CHECK (merged_into IS NULL OR ended_at IS NOT NULL)`);
    await queryRunner.query(
      `CREATE INDEX profiles_merged_into ON profiles (merged_into) WHERE merged_into IS NOT NULL`,
    );

    await queryRunner.query(`
      CREATE TABLE identity_conflicts (
        lane smallint NOT NULL,
        profile_id bigint NOT NULL,
        kind text NOT NULL,
        value text NOT NULL,
        identifier_lane smallint NOT NULL,
        reason text NOT NULL,
        event_id uuid NOT NULL,
        times integer NOT NULL,
        first_seen_at timestamptz(3) NOT NULL,
        last_seen_at timestamptz(3) NOT NULL,
        PRIMARY KEY (lane, profile_id, kind, value)
      )`);
    await queryRunner.query(
      `CREATE INDEX identity_conflicts_newest ON identity_conflicts (last_seen_at, profile_id, kind, value)`,
    );

    await queryRunner.query(`CREATE INDEX identity_conflicts_identifier ON identity_conflicts (kind, value)`);

    await queryRunner.query(`ALTER TABLE outbox ADD COLUMN leaving jsonb`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE outbox DROP COLUMN leaving`);
    await queryRunner.query(`DROP TABLE identity_conflicts`);
    await queryRunner.query(`
      ALTER TABLE profiles
        DROP COLUMN ended_at, DROP COLUMN merged_into, DROP COLUMN merge_event_id, DROP COLUMN merge_kind`);
  }
}
