import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The number of the last change by which a link that was followed before may lead elsewhere or nowhere. Raised by the
 * database itself, so that a change by hand is noticed, too.
 */
export class CreateLinkRevision1764000190000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE link_revision (
        is_only boolean PRIMARY KEY DEFAULT true,
        revision bigint NOT NULL,
        CONSTRAINT link_revision_one_row CHECK (is_only)
      )`);
    await queryRunner.query(`INSERT INTO link_revision (revision) VALUES (1)`);
    await queryRunner.query(`
      CREATE FUNCTION raise_link_revision() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF EXISTS (SELECT FROM changed) THEN
            UPDATE link_revision SET revision = revision + 1;
          END IF;
          RETURN NULL;
        END
      $$`);
    for (const [table, change, rows] of CHANGES) {
      await queryRunner.query(`
        CREATE TRIGGER ${table}_${change.toLowerCase()} AFTER ${change} ON ${table} REFERENCING ${rows} TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION raise_link_revision()`);
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const [table, change] of CHANGES) {
      await queryRunner.query(`DROP TRIGGER ${table}_${change.toLowerCase()} ON ${table}`);
    }
    await queryRunner.query(`DROP FUNCTION raise_link_revision`);
    await queryRunner.query(`DROP TABLE link_revision`);
  }
}

/** A new link was never followed; a new domain may be where links lead to. */
const CHANGES = [
  ['tracked_links', 'UPDATE', 'NEW'],
  ['tracked_links', 'DELETE', 'OLD'],
  ['link_shorts', 'UPDATE', 'NEW'],
  ['link_shorts', 'DELETE', 'OLD'],
  ['link_domains', 'INSERT', 'NEW'],
  ['link_domains', 'UPDATE', 'NEW'],
  ['link_domains', 'DELETE', 'OLD'],
] as const;
