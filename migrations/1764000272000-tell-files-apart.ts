import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What an import has read of its file, so that it is not gone on with by another one. */
export class TellFilesApart1764000272000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE imports ADD COLUMN checksum bigint`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE imports DROP COLUMN checksum`);
  }
}
