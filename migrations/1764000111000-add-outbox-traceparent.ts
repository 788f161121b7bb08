import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which trace a message belongs to, so that its push is seen with the event that brought it about. */
export class AddOutboxTraceparent1764000111000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE outbox ADD COLUMN traceparent text`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE outbox DROP COLUMN traceparent`);
  }
}
