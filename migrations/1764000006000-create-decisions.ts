import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The log of branch decisions. A decision about nobody we know has no profile. */
export class CreateDecisions1764000006000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE decisions (
        lane smallint NOT NULL,
        id text NOT NULL,
        profile_id bigint,
        journey_key text NOT NULL,
        journey_version integer NOT NULL,
        branch_point text NOT NULL,
        branch text,
        reason text NOT NULL,
        as_of timestamptz(3) NOT NULL,
        settles_at timestamptz(3),
        changes_at timestamptz(3),
        catalogue_revision bigint NOT NULL,
        because jsonb NOT NULL,
        PRIMARY KEY (lane, id)
      )`);
    await queryRunner.query(`CREATE INDEX decisions_profile ON decisions (lane, profile_id)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE decisions`);
  }
}
