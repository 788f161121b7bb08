import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Splits and holdouts of journeys; decisions that are pinned, settle by themselves, can be replayed and revised. */
export class ExtendDecisions1764000070000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE journey_versions ADD COLUMN holdout json, ADD COLUMN allocations json`);

    // What an open decision waits for is a row, as every timer: due_at. review_at asks whether one still holds.
    await queryRunner.query(`
      ALTER TABLE decisions
        ADD COLUMN run_key text,
        ADD COLUMN matched text,
        ADD COLUMN error_code text,
        ADD COLUMN asked_at timestamptz(3),
        ADD COLUMN known_seq bigint NOT NULL DEFAULT 0,
        ADD COLUMN rules_digest text,
        ADD COLUMN facts_digest text,
        ADD COLUMN freshness jsonb,
        ADD COLUMN pended jsonb,
        ADD COLUMN due_at timestamptz(3),
        ADD COLUMN review_at timestamptz(3),
        ADD COLUMN reviewed_seq bigint NOT NULL DEFAULT 0,
        ADD COLUMN revised jsonb`);
    await queryRunner.query(`UPDATE decisions SET asked_at = as_of`);
    await queryRunner.query(`ALTER TABLE decisions ALTER COLUMN asked_at SET NOT NULL`);
    await queryRunner.query(`CREATE INDEX decisions_due ON decisions (lane, due_at) WHERE due_at IS NOT NULL`);
    await queryRunner.query(`CREATE INDEX decisions_open ON decisions (lane, profile_id) WHERE due_at IS NOT NULL`);
    await queryRunner.query(`CREATE INDEX decisions_review ON decisions (lane, review_at) WHERE review_at IS NOT NULL`);
    // Ids are in order of time: by them the log is read page by page.
    await queryRunner.query(`CREATE INDEX decisions_id ON decisions (id)`);
    await queryRunner.query(`CREATE INDEX decisions_point ON decisions (journey_key, branch_point, id)`);

    // The rules and the declared facts that decisions rest on, kept once however many do, by a digest of their content.
    await queryRunner.query(`
      CREATE TABLE decision_inputs (
        digest text PRIMARY KEY,
        content json NOT NULL
      )`);

    // A pin's lane is its own (a hash of its key): the decision is what is looked for.
    await queryRunner.query(`
      CREATE TABLE decision_pins (
        lane smallint NOT NULL,
        journey_key text NOT NULL,
        branch_point text NOT NULL,
        kind text NOT NULL,
        pin_key text NOT NULL,
        request_digest text NOT NULL,
        decision_id text NOT NULL,
        PRIMARY KEY (lane, journey_key, branch_point, kind, pin_key)
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE decision_pins, decision_inputs`);
    await queryRunner.query(
      `DROP INDEX decisions_point, decisions_id, decisions_review, decisions_open, decisions_due`,
    );
    await queryRunner.query(`
      ALTER TABLE decisions
        DROP COLUMN run_key, DROP COLUMN matched, DROP COLUMN error_code, DROP COLUMN asked_at, DROP COLUMN known_seq,
        DROP COLUMN rules_digest, DROP COLUMN facts_digest, DROP COLUMN freshness, DROP COLUMN pended,
        DROP COLUMN due_at, DROP COLUMN review_at, DROP COLUMN reviewed_seq, DROP COLUMN revised`);
    await queryRunner.query(`ALTER TABLE journey_versions DROP COLUMN allocations, DROP COLUMN holdout`);
  }
}
