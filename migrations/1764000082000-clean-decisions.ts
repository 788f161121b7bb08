import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Decisions are removed when their time is over, with what pins them; pins are found by their decision. */
export class CleanDecisions1764000082000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE INDEX decision_pins_decision ON decision_pins (decision_id)`);
    // The lane of a decision about nobody we know is that of a text, which may be negative.
    await queryRunner.query(`
      INSERT INTO cleanings (kind, lane, after) SELECT 'decisions', lane, '' FROM generate_series(-63, 63) AS lane`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DELETE FROM cleanings WHERE kind = 'decisions'`);
    await queryRunner.query(`DROP INDEX decision_pins_decision`);
  }
}
