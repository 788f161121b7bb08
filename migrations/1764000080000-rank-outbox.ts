import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is urgent goes first, and what the destination is known to hold is not sent again. */
export class RankOutbox1764000080000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `ALTER TABLE outbox ADD COLUMN priority smallint NOT NULL DEFAULT 0, ADD COLUMN holds boolean`,
    );
    await queryRunner.query(`DROP INDEX outbox_due`);
    await queryRunner.query(
      `CREATE INDEX outbox_due ON outbox (lane, destination, priority, due_at) WHERE due_at IS NOT NULL`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX outbox_due`);
    await queryRunner.query(`ALTER TABLE outbox DROP COLUMN priority, DROP COLUMN holds`);
    await queryRunner.query(`CREATE INDEX outbox_due ON outbox (lane, destination, due_at) WHERE due_at IS NOT NULL`);
  }
}
