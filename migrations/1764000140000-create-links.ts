import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Branded domains, tracked links, to whom links were given, their short forms; clicks as they come in, and those of nobody
 * that is known.
 */
export class CreateLinks1764000140000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE link_domains (
        host text PRIMARY KEY,
        allowed_hosts text[] NOT NULL,
        sending_domain text,
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL
      )`);
    await queryRunner.query(`
      CREATE TABLE tracked_links (
        id text PRIMARY KEY,
        digest bytea NOT NULL CONSTRAINT tracked_links_digest UNIQUE,
        domain text NOT NULL,
        cta text NOT NULL,
        destination text NOT NULL,
        destination_host text NOT NULL,
        landing_url text NOT NULL,
        utm jsonb NOT NULL,
        channel text,
        template text,
        message jsonb NOT NULL,
        created_at timestamptz(3) NOT NULL,
        expires_at timestamptz(3) NOT NULL,
        disabled_at timestamptz(3)
      )`);
    await queryRunner.query(`CREATE INDEX tracked_links_newest ON tracked_links (created_at, id)`);
    await queryRunner.query(`CREATE INDEX tracked_links_cta ON tracked_links (cta, created_at, id)`);
    await queryRunner.query(`CREATE INDEX tracked_links_template ON tracked_links (template, created_at, id)`);
    await queryRunner.query(`CREATE INDEX tracked_links_domain ON tracked_links (domain)`);
    await queryRunner.query(`
      CREATE TABLE link_bindings (
        lane smallint NOT NULL,
        profile_id bigint NOT NULL,
        reference bytea NOT NULL,
        delivery_id text,
        created_at timestamptz(3) NOT NULL,
        PRIMARY KEY (lane, profile_id, reference)
      )`);
    await queryRunner.query(`CREATE INDEX link_bindings_reference ON link_bindings (reference)`);
    await queryRunner.query(`
      CREATE TABLE link_shorts (
        code bytea PRIMARY KEY,
        link_id text NOT NULL,
        binding bytea,
        created_at timestamptz(3) NOT NULL
      )`);
    await queryRunner.query(`CREATE INDEX link_shorts_link ON link_shorts (link_id) WHERE binding IS NULL`);
    await queryRunner.query(`
      CREATE TABLE link_click_journal (
        id uuid PRIMARY KEY,
        written_at timestamptz(3) NOT NULL,
        claimed_until timestamptz(3),
        clicks jsonb NOT NULL
      )`);
    await queryRunner.query(`CREATE INDEX link_click_journal_oldest ON link_click_journal (written_at)`);
    await queryRunner.query(`
      CREATE TABLE anonymous_clicks (
        occurred_at timestamptz(3) NOT NULL,
        id uuid NOT NULL,
        link_id text NOT NULL,
        received_at timestamptz(3) NOT NULL,
        properties jsonb NOT NULL,
        PRIMARY KEY (occurred_at, id)
      )`);
    await queryRunner.query(`CREATE INDEX anonymous_clicks_link ON anonymous_clicks (link_id, occurred_at)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of [
      ...['anonymous_clicks', 'link_click_journal', 'link_shorts', 'link_bindings', 'tracked_links', 'link_domains'],
    ]) {
      await queryRunner.query(`DROP TABLE ${table}`);
    }
  }
}
