import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How a segment grew and shrank is read from the log, by segment and time. */
export class IndexTransitionsBySegment1764000062000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE INDEX transitions_segment ON transitions (segment_id, at)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX transitions_segment`);
  }
}
