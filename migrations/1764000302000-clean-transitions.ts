import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The log of transitions and what was done long ago go with the events; comparisons to be made are found among all past ones. */
export class CleanTransitions1764000302000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `INSERT INTO cleanings (kind, lane, after) SELECT 'transitions', lane, '' FROM generate_series(0, 63) AS lane
       UNION ALL SELECT 'past_work', 0, ''`,
    );
    await queryRunner.query(
      `CREATE INDEX reconciliations_open ON reconciliations (requested_at, id) WHERE finished_at IS NULL`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX reconciliations_open`);
    await queryRunner.query(`DELETE FROM cleanings WHERE kind IN ('transitions', 'past_work')`);
  }
}
