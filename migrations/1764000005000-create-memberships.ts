import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Current memberships, the log of their transitions, and the profiles still to be marked due after a rule change. */
export class CreateMemberships1764000005000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE memberships (
        lane smallint NOT NULL,
        profile_id bigint NOT NULL,
        segment_id integer NOT NULL,
        is_member boolean NOT NULL,
        ordinal integer NOT NULL,
        version integer NOT NULL,
        since timestamptz(3) NOT NULL,
        due_at timestamptz(3),
        pushed_as text,
        PRIMARY KEY (lane, profile_id, segment_id)
      )`);
    await queryRunner.query(`CREATE INDEX memberships_members ON memberships (segment_id, profile_id) WHERE is_member`);

    // The key and the check together make the log alternate, entered first, whatever a program does.
    await queryRunner.query(`
      CREATE TABLE transitions (
        lane smallint NOT NULL,
        profile_id bigint NOT NULL,
        segment_id integer NOT NULL,
        ordinal integer NOT NULL,
        kind text NOT NULL,
        at timestamptz(3) NOT NULL,
        version integer NOT NULL,
        cause text NOT NULL,
        cause_event_id uuid,
        recorded_at timestamptz(3) NOT NULL,
        PRIMARY KEY (lane, profile_id, segment_id, ordinal),
        CONSTRAINT transitions_alternate
          CHECK (ordinal > 0 AND kind = CASE WHEN ordinal % 2 = 1 THEN 'entered' ELSE 'exited' END)
      )`);

    await queryRunner.query(`
      CREATE TABLE backfills (
        lane smallint PRIMARY KEY,
        after_id bigint NOT NULL,
        effective_at timestamptz(3) NOT NULL
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE backfills, transitions, memberships`);
  }
}
