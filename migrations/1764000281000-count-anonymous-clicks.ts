import type { MigrationInterface, QueryRunner } from 'typeorm';

const SIGNALS = `coalesce(properties ->> 'actor_signals', '')`;
const COUNTED = `link_id, (occurred_at AT TIME ZONE 'UTC')::date, ${SIGNALS}, count(*)`;

/**
 * Clicks of nobody known by link and day, so that reports need not read each. Signals are kept apart, since what they make of a
 * click depends on what its link is taken for.
 */
export class CountAnonymousClicks1764000281000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE anonymous_click_days (
        day date NOT NULL,
        link_id text NOT NULL,
        signals text NOT NULL,
        clicks bigint NOT NULL,
        PRIMARY KEY (day, link_id, signals)
      )`);
    await queryRunner.query(`CREATE INDEX anonymous_click_days_link ON anonymous_click_days (link_id, day)`);
    await queryRunner.query(`
      INSERT INTO anonymous_click_days (link_id, day, signals, clicks)
      SELECT ${COUNTED} FROM anonymous_clicks GROUP BY 1, 2, 3`);
    // In one order, so that two who count at once never wait for each other in a circle.
    await queryRunner.query(`
      CREATE FUNCTION turnout_count_anonymous_clicks() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO anonymous_click_days AS known (link_id, day, signals, clicks)
        SELECT link_id, day, signals, CASE TG_OP WHEN 'INSERT' THEN clicks ELSE -clicks END
          FROM (SELECT ${COUNTED} FROM changed GROUP BY 1, 2, 3) AS counted (link_id, day, signals, clicks)
         ORDER BY day, link_id, signals
        ON CONFLICT (day, link_id, signals) DO UPDATE SET clicks = known.clicks + excluded.clicks;
        IF TG_OP = 'DELETE' THEN
          DELETE FROM anonymous_click_days
           WHERE clicks = 0 AND day IN (SELECT (occurred_at AT TIME ZONE 'UTC')::date FROM changed);
        END IF;
        RETURN NULL;
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER anonymous_clicks_come AFTER INSERT ON anonymous_clicks REFERENCING NEW TABLE AS changed
      FOR EACH STATEMENT EXECUTE FUNCTION turnout_count_anonymous_clicks()`);
    await queryRunner.query(`
      CREATE TRIGGER anonymous_clicks_go AFTER DELETE ON anonymous_clicks REFERENCING OLD TABLE AS changed
      FOR EACH STATEMENT EXECUTE FUNCTION turnout_count_anonymous_clicks()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TRIGGER anonymous_clicks_come ON anonymous_clicks`);
    await queryRunner.query(`DROP TRIGGER anonymous_clicks_go ON anonymous_clicks`);
    await queryRunner.query(`DROP FUNCTION turnout_count_anonymous_clicks`);
    await queryRunner.query(`DROP TABLE anonymous_click_days`);
  }
}
