import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How clicks are classed, the changes whose past clicks are looked at again, and a way to find clicks by their time. */
export class CreateClickClasses1764000020000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    // For what looks at the clicks of everybody: reports, and the search for clicks that a change touches.
    await queryRunner.query(`CREATE INDEX events_clicks ON events (occurred_at, id) WHERE name = 'click'`);

    await queryRunner.query(`
      CREATE TABLE click_class_settings (
        is_only boolean PRIMARY KEY DEFAULT true,
        settings jsonb NOT NULL,
        updated_at timestamptz(3) NOT NULL,
        CONSTRAINT click_class_settings_one_row CHECK (is_only)
      )`);

    // Worked off from the newest click to the oldest; without patterns every click is concerned.
    await queryRunner.query(`
      CREATE TABLE reclassifications (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        about text NOT NULL,
        patterns jsonb,
        ordered_at timestamptz(3) NOT NULL,
        started_at timestamptz(3),
        finished_at timestamptz(3),
        before_at timestamptz(3),
        before_id uuid,
        total bigint,
        done bigint NOT NULL DEFAULT 0,
        profiles bigint NOT NULL DEFAULT 0
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE reclassifications, click_class_settings`);
    await queryRunner.query(`DROP INDEX events_clicks`);
  }
}
