import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Claims are taken and given back where the row lies: nothing that an index knows changes by that, and each page keeps room
 * for the next version of its rows.
 */
export class ClaimOutboxInPlace1764000210000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX outbox_claims`);
    await queryRunner.query(`ALTER TABLE outbox SET (fillfactor = 70)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE outbox RESET (fillfactor)`);
    await queryRunner.query(`CREATE INDEX outbox_claims ON outbox (lane, claim) WHERE claim IS NOT NULL`);
  }
}
