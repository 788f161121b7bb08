import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whose an id is that an alias names as a former one, until a customer comes who has it. */
export class AwaitFormerIds1764000270000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE awaited_aliases (
        lane smallint NOT NULL,
        value text NOT NULL,
        owner_kind text NOT NULL,
        owner_value text NOT NULL,
        PRIMARY KEY (lane, value, owner_kind, owner_value)
      )`);
    await queryRunner.query(`CREATE INDEX awaited_aliases_owner ON awaited_aliases (owner_kind, owner_value)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE awaited_aliases`);
  }
}
