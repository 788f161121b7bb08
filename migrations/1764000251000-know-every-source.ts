import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * An event can come from several sources: each is noted, with what it sends next, and what decisions rest on names them all.
 */
export class KnowEverySource1764000251000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE event_histories DROP CONSTRAINT event_histories_pkey, ADD PRIMARY KEY (event_name, source)`);
    await queryRunner.query(`
      UPDATE decision_inputs SET content = jsonb_set(content::jsonb, '{events}', (
               SELECT coalesce(jsonb_object_agg(name, jsonb_build_object(
                        'sources', jsonb_build_array(event -> 'source'), 'startsAt', event -> 'startsAt')), '{}')
                 FROM jsonb_each(content::jsonb -> 'events') AS known (name, event)))
       WHERE jsonb_typeof(content::jsonb -> 'events') = 'object'`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      UPDATE decision_inputs SET content = jsonb_set(content::jsonb, '{events}', (
               SELECT coalesce(jsonb_object_agg(name, jsonb_build_object(
                        'source', event -> 'sources' -> 0, 'startsAt', event -> 'startsAt')), '{}')
                 FROM jsonb_each(content::jsonb -> 'events') AS known (name, event)))
       WHERE jsonb_typeof(content::jsonb -> 'events') = 'object'`);
    await queryRunner.query(`
      DELETE FROM event_histories one USING event_histories other
       WHERE one.event_name = other.event_name AND one.source > other.source`);
    await queryRunner.query(`
      ALTER TABLE event_histories DROP CONSTRAINT event_histories_pkey, ADD PRIMARY KEY (event_name)`);
  }
}
