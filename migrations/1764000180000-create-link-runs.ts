import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Looks at links: what was asked, each link with what came of it, and what was last seen of a link by whichever look. */
export class CreateLinkRuns1764000180000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE link_runs (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        name text NOT NULL,
        subject text NOT NULL,
        settings json NOT NULL,
        state text NOT NULL,
        requested_at timestamptz(3) NOT NULL,
        started_at timestamptz(3),
        finished_at timestamptz(3),
        claim uuid,
        claimed_until timestamptz(3),
        tries smallint NOT NULL,
        problem text
      )`);
    await queryRunner.query(`
      CREATE INDEX link_runs_open ON link_runs (claimed_until) WHERE state IN ('waiting', 'running')`);
    await queryRunner.query(`
      CREATE TABLE link_run_links (
        run_id bigint NOT NULL,
        place integer NOT NULL,
        link json NOT NULL,
        outcome text,
        checked json,
        checked_at timestamptz(3),
        PRIMARY KEY (run_id, place)
      )`);
    await queryRunner.query(`
      CREATE TABLE link_checks (
        url_digest bytea PRIMARY KEY,
        outcome text NOT NULL,
        codes text[] NOT NULL,
        checked_at timestamptz(3) NOT NULL,
        run_id bigint NOT NULL
      )`);
    await queryRunner.query(`CREATE INDEX link_checks_oldest ON link_checks (checked_at)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of ['link_checks', 'link_run_links', 'link_runs']) {
      await queryRunner.query(`DROP TABLE ${table}`);
    }
  }
}
