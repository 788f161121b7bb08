import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The pace of requests to each family of a destination's endpoints, shared by every process. Unlogged: two small writes a
 * request wait for no disk, and what a crash of the server forgets is learned again from the next answers.
 */
export class CreateDestinationGates1764000090000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE UNLOGGED TABLE destination_gates (
        destination text NOT NULL,
        family text NOT NULL,
        next_at timestamptz NOT NULL,
        leases timestamptz(3)[] NOT NULL DEFAULT '{}',
        slowed_rate double precision,
        slowed_at timestamptz(3),
        busy_until timestamptz(3),
        failures integer NOT NULL DEFAULT 0,
        trips integer NOT NULL DEFAULT 0,
        open_until timestamptz(3),
        failure text,
        PRIMARY KEY (destination, family)
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE destination_gates`);
  }
}
