import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What other tools counted a day, to be held against the clicks of that day. */
export class CreateDownstreamCounts1764000181000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE downstream_counts (
        tool text NOT NULL,
        metric text NOT NULL,
        dimension text NOT NULL,
        day date NOT NULL,
        value text NOT NULL,
        count double precision NOT NULL,
        time_zone text NOT NULL,
        imported_at timestamptz(3) NOT NULL,
        PRIMARY KEY (tool, metric, dimension, day, value)
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE downstream_counts`);
  }
}
