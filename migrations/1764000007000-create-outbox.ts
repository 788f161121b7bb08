import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What destinations are owed: for each (profile, destination, subject) the latest desired state and how far its
 * delivery has come. A subject is a segment at the destination or a single decision.
 */
export class CreateOutbox1764000007000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE outbox (
        lane smallint NOT NULL,
        profile_id bigint NOT NULL,
        destination text NOT NULL,
        subject text NOT NULL,
        version integer NOT NULL,
        payload jsonb NOT NULL,
        due_at timestamptz(3),
        attempts integer NOT NULL DEFAULT 0,
        claim uuid,
        claimed_until timestamptz(3),
        claimed_version integer,
        accepted_version integer,
        failed_at timestamptz(3),
        failure text,
        PRIMARY KEY (lane, profile_id, destination, subject)
      )`);
    await queryRunner.query(`CREATE INDEX outbox_due ON outbox (lane, destination, due_at) WHERE due_at IS NOT NULL`);
    await queryRunner.query(`CREATE INDEX outbox_claims ON outbox (lane, claim) WHERE claim IS NOT NULL`);
    await queryRunner.query(`CREATE INDEX outbox_failed ON outbox (failed_at) WHERE failed_at IS NOT NULL`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE outbox`);
  }
}
