import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Files that are imported, how far, and the lines of them that could not be used. */
export class CreateImports1764000041000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE imports (
        id text PRIMARY KEY,
        options jsonb NOT NULL,
        state text NOT NULL,
        run int NOT NULL,
        header jsonb,
        size bigint,
        bytes bigint NOT NULL,
        lines bigint NOT NULL,
        stored bigint NOT NULL,
        duplicates bigint NOT NULL,
        skipped bigint NOT NULL,
        set_aside bigint NOT NULL,
        too_old bigint NOT NULL,
        event_names text[] NOT NULL,
        declared_names text[],
        started_at timestamptz(3) NOT NULL,
        run_started_at timestamptz(3) NOT NULL,
        run_from_bytes bigint NOT NULL,
        run_from_lines bigint NOT NULL,
        updated_at timestamptz(3) NOT NULL
      )`);
    await queryRunner.query(`
      CREATE TABLE import_bad_lines (
        import_id text NOT NULL,
        line bigint NOT NULL,
        reason text NOT NULL,
        problem text NOT NULL,
        PRIMARY KEY (import_id, line)
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE import_bad_lines, imports`);
  }
}
