import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What marketers declare: CTAs, segments and journeys, each change of which raises the one catalogue revision. */
export class CreateCatalogue1764000004000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    // Processes compare it with the revision they compiled, inside the transaction that uses the rules.
    await queryRunner.query(`
      CREATE TABLE catalogue (
        is_only boolean PRIMARY KEY DEFAULT true,
        revision bigint NOT NULL,
        CONSTRAINT catalogue_one_row CHECK (is_only)
      )`);
    await queryRunner.query(`INSERT INTO catalogue (revision) VALUES (1)`);

    await queryRunner.query(`
      CREATE TABLE ctas (
        key text PRIMARY KEY,
        kind text,
        patterns jsonb NOT NULL,
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL
      )`);

    // A rule is kept as it was written, to the order of its words.
    await queryRunner.query(`
      CREATE TABLE segments (
        id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        key text NOT NULL CONSTRAINT segments_key UNIQUE,
        published_version integer,
        created_at timestamptz(3) NOT NULL
      )`);
    await queryRunner.query(`
      CREATE TABLE segment_versions (
        segment_id integer NOT NULL,
        version integer NOT NULL,
        rule json NOT NULL,
        push jsonb,
        revision bigint NOT NULL,
        published_at timestamptz(3) NOT NULL,
        PRIMARY KEY (segment_id, version)
      )`);

    await queryRunner.query(`
      CREATE TABLE journeys (
        key text PRIMARY KEY,
        version integer NOT NULL,
        created_at timestamptz(3) NOT NULL
      )`);
    await queryRunner.query(`
      CREATE TABLE journey_versions (
        journey_key text NOT NULL,
        version integer NOT NULL,
        branch_points json NOT NULL,
        created_at timestamptz(3) NOT NULL,
        PRIMARY KEY (journey_key, version)
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE journey_versions, journeys, segment_versions, segments, ctas, catalogue`);
  }
}
