import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Profiles, the identifiers that lead to them, and the event log with its deduplication. */
export class CreateProfiles1764000002000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE SEQUENCE profile_ids`);
    await queryRunner.query(`
      CREATE TABLE profiles (
        lane smallint NOT NULL,
        id bigint NOT NULL,
        created_at timestamptz(3) NOT NULL,
        evaluate_at timestamptz(3),
        evaluated_at timestamptz(3),
        evaluated_seq bigint NOT NULL DEFAULT 0,
        evaluated_revision bigint NOT NULL DEFAULT 0,
        PRIMARY KEY (lane, id)
      )`);
    await queryRunner.query(`CREATE INDEX profiles_due ON profiles (lane, evaluate_at) WHERE evaluate_at IS NOT NULL`);

    // Its lane is the identifier's own (a hash of kind and value): the profile is what is looked for. Without a profile
    // it is awaited: an event about it came before anybody was known by it.
    await queryRunner.query(`
      CREATE TABLE identifiers (
        lane smallint NOT NULL,
        kind text NOT NULL,
        value text NOT NULL,
        profile_lane smallint,
        profile_id bigint,
        created_at timestamptz(3) NOT NULL,
        PRIMARY KEY (lane, kind, value)
      )`);
    await queryRunner.query(`CREATE INDEX identifiers_profile ON identifiers (profile_id)`);

    // The primary key is also the index by which a profile's history is read. `seq` is drawn while the profile's row is
    // locked, so within a profile it tells what came after the last evaluation.
    await queryRunner.query(`
      CREATE TABLE events (
        lane smallint NOT NULL,
        profile_id bigint NOT NULL,
        occurred_at timestamptz(3) NOT NULL,
        id uuid NOT NULL,
        seq bigserial NOT NULL,
        name text NOT NULL,
        source text NOT NULL,
        received_at timestamptz(3) NOT NULL,
        is_time_corrected boolean NOT NULL,
        properties jsonb NOT NULL,
        PRIMARY KEY (lane, profile_id, occurred_at, id)
      )`);

    // Events that name nothing but an awaited identifier, such as the refund of an order that is still to come.
    await queryRunner.query(`
      CREATE TABLE waiting_events (
        lane smallint NOT NULL,
        kind text NOT NULL,
        value text NOT NULL,
        event_id uuid NOT NULL,
        event jsonb NOT NULL,
        PRIMARY KEY (lane, kind, value, event_id)
      )`);

    // One row for each event id ever accepted, in the id's own lane, so that the same id is a duplicate whatever
    // profile its second delivery would lead to.
    await queryRunner.query(`
      CREATE TABLE receipts (
        lane smallint NOT NULL,
        event_id uuid NOT NULL,
        digest bytea NOT NULL,
        received_at timestamptz(3) NOT NULL,
        PRIMARY KEY (lane, event_id)
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE receipts, waiting_events, events, identifiers, profiles`);
    await queryRunner.query(`DROP SEQUENCE profile_ids`);
  }
}
