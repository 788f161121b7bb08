import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Comparing what destinations hold with what we hold: the runs, and while one is under way, whom it found there. */
export class CreateReconciliations1764000081000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE outbox ADD COLUMN settled_at timestamptz(3)`);
    await queryRunner.query(`
      CREATE TABLE reconciliations (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        destination text NOT NULL,
        external_segment_id text NOT NULL,
        requested_at timestamptz(3) NOT NULL,
        claimed_until timestamptz(3),
        started_at timestamptz(3),
        finished_at timestamptz(3),
        held integer,
        missing integer,
        extra integer,
        strangers integer,
        problem text
      )`);
    await queryRunner.query(
      `CREATE INDEX reconciliations_subject ON reconciliations (destination, external_segment_id, requested_at)`,
    );
    // Worth nothing without the run that fills it.
    await queryRunner.query(`
      CREATE UNLOGGED TABLE reconciliation_members (
        run_id bigint NOT NULL,
        lane smallint NOT NULL,
        profile_id bigint NOT NULL,
        PRIMARY KEY (run_id, lane, profile_id)
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE reconciliation_members, reconciliations`);
    await queryRunner.query(`ALTER TABLE outbox DROP COLUMN settled_at`);
  }
}
