import { DataSource } from 'typeorm';
import type { Transaction } from '../../src/platform/database.js';
import { OutboxStore } from '../../src/outbox/outbox-store.js';
import { OutboxWaiting } from '../../src/outbox/outbox-waiting.js';
import { AccountStore } from '../../src/sync/account-store.js';
import { DeadLetterStore } from '../../src/sync/dead-letter-store.js';
import { DriftRepair } from '../../src/sync/drift-repair.js';
import { ReconciliationStore } from '../../src/sync/reconciliation-store.js';
import { T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { fact, take } from '../support/facts.js';
import { TestTurnout } from '../support/turnout.js';

/** Whoever sends, or changes what is owed, has the rows of the outbox in order of key. */
describe('what changes many messages at once', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;
  let inOrder: string[];

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    // No workers: the test does what they do, when it wants.
    turnout = await TestTurnout.start(database, undefined, { TURNOUT_ROLES: 'api' });
    for (const who of ['customer_id=ada', 'customer_id=ben']) await take(turnout, fact('visit', T0, who));
    // The last of them is found first.
    const { rows } = await database.pool.query<{ profile_id: string }>(
      `INSERT INTO outbox (lane, profile_id, destination, subject, version, payload, holds, accepted_version, settled_at)
       SELECT lane, id, 'customerio', 'segment:7', 1, '{"kind": "membership", "externalSegmentId": "7", "isMember": true}', true, 1, turnout_now()
         FROM profiles ORDER BY lane DESC, id DESC RETURNING profile_id`,
    );
    inOrder = rows.map((row) => row.profile_id).reverse();
  });

  afterEach(async () => {
    await turnout.stop();
    await database.drop();
  });

  const inTransaction = <T>(work: (tx: Transaction) => Promise<T>) => turnout.app.get(DataSource).transaction(work);
  const dueNow = async () =>
    (await database.pool.query<{ due: boolean }>('SELECT due_at IS NOT NULL AS due FROM outbox')).rows.map(
      (row) => row.due,
    );

  /** Somebody takes one row after the other, in order, and lets them go; the work begins when they have the first. */
  async function besideSomebodyInOrder<T>(work: () => Promise<T>): Promise<T> {
    const somebody = await database.pool.connect();
    const have = (profileId: string) =>
      somebody.query('SELECT FROM outbox WHERE profile_id = $1 FOR UPDATE', [profileId]);
    try {
      await somebody.query('BEGIN');
      await have(inOrder[0]!);
      const working = work();
      working.catch(() => undefined);
      await database.untilWaiting(1);
      await have(inOrder[1]!);
      await somebody.query('COMMIT');
      return await working;
    } finally {
      await somebody.query('ROLLBACK');
      somebody.release();
    }
  }

  it.each(['requeue', 'discard'] as const)('has them in order to %s dead letters', async (change) => {
    await database.pool.query(`UPDATE outbox SET failed_at = turnout_now(), failure = 'refused'`);
    const letters = new DeadLetterStore();
    expect(await besideSomebodyInOrder(() => inTransaction((tx) => letters[change](tx, { reason: 'refused' })))).toBe(
      2,
    );
    expect(await dueNow()).toEqual([change === 'requeue', change === 'requeue']);
  });

  it('has them in order to repair what a destination does not hold', async () => {
    const runs = new ReconciliationStore();
    await inTransaction((tx) => runs.request(tx, 'customerio', ['7']));
    await database.setClock(T0 + 1);
    const run = (await inTransaction((tx) => runs.claim(tx)))!;
    const drift = new DriftRepair(new AccountStore());
    const found = await besideSomebodyInOrder(() => inTransaction((tx) => drift.repair(tx, run)));
    expect(found).toEqual([{ side: 'missing', cause: 'removed_there', profiles: 2, isRepaired: true }]);
    expect(await dueNow()).toEqual([true, true]);
  });

  describe('has them in order where they are', () => {
    const place = { destination: 'customerio', segmentId: '7' };

    beforeEach(async () => {
      await database.pool.query(`UPDATE outbox SET lane = 0, due_at = 'infinity'`);
    });

    it.each<[string, (tx: Transaction) => Promise<unknown>, number]>([
      ['to wake what waits for a segment', (tx) => new OutboxWaiting().wake(tx, 0, place), 2],
      ['to owe a segment’s members anew', (tx) => new OutboxWaiting().restate(tx, 0, place), 2],
      ['to forget a destination', (tx) => turnout.app.get(OutboxStore).drop(tx, 'customerio'), 0],
    ])('%s', async (_, change, left) => {
      const asTheyLie = 'SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off';
      const work = (tx: Transaction) => tx.query(asTheyLie).then(() => change(tx));
      await besideSomebodyInOrder(() => inTransaction(work));
      expect(await dueNow()).toHaveLength(left);
    });
  });
});
