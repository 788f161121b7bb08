import { DataSource } from 'typeorm';
import type { Transaction } from '../../src/platform/database.js';
import { AccountStore } from '../../src/sync/account-store.js';
import { DriftRepair } from '../../src/sync/drift-repair.js';
import { ReconciliationStore, type ClaimedRun } from '../../src/sync/reconciliation-store.js';
import { HOUR, T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { fact, take } from '../support/facts.js';
import { TestTurnout } from '../support/turnout.js';

describe('a comparison beside what else is under way', () => {
  const runs = new ReconciliationStore();
  const drift = new DriftRepair(new AccountStore());
  let database: TestDatabase;
  let turnout: TestTurnout;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    // No workers: the test does what they do, when it wants.
    turnout = await TestTurnout.start(database, undefined, { TURNOUT_ROLES: 'api' });
    for (const who of ['customer_id=ada', 'customer_id=ben']) await take(turnout, fact('visit', T0, who));
  });

  afterEach(async () => {
    await turnout.stop();
    await database.drop();
  });

  const inTransaction = <T>(work: (tx: Transaction) => Promise<T>) => turnout.app.get(DataSource).transaction(work);
  const claim = () => inTransaction((tx) => runs.claim(tx)) as Promise<ClaimedRun>;
  const profileId = async (who: string) =>
    Number((await turnout.must('GET', `/v1/profiles/customer_id:${who}`)).profileId);

  const NOTHING = { held: 0, strangers: 0, missing: 0, extra: 0, causes: [] };

  async function begun(): Promise<ClaimedRun> {
    await inTransaction((tx) => runs.request(tx, 'customerio', ['7']));
    return claim();
  }

  it('owes nothing about who was erased since they were looked up', async () => {
    const run = await begun();
    const [ada, ben] = [await profileId('ada'), await profileId('ben')];
    await turnout.must('DELETE', '/v1/profiles/customer_id:ada');
    await inTransaction((tx) => runs.note(tx, run, [ada, ben]));
    const found = await inTransaction((tx) => drift.repair(tx, run));
    expect(found).toEqual([{ side: 'extra', cause: 'added_there', profiles: 1, isRepaired: true }]);
    const { rows } = await database.pool.query('SELECT profile_id FROM outbox');
    expect(rows).toEqual([{ profile_id: String(ben) }]);
  });

  it('owes nothing about who is being erased', async () => {
    const run = await begun();
    const ada = await profileId('ada');
    await inTransaction((tx) => runs.note(tx, run, [ada]));
    const holder = await database.pool.connect();
    await holder.query('BEGIN; SELECT FROM events FOR UPDATE');
    const erasing = turnout.must('DELETE', '/v1/profiles/customer_id:ada');
    await database.untilWaiting(1);
    const repairing = inTransaction((tx) => drift.repair(tx, run));
    await Promise.race([repairing, database.untilWaiting(2)]);
    await holder.query('COMMIT');
    holder.release();
    expect(await repairing).toEqual([]);
    await erasing;
    const { rows } = await database.pool.query('SELECT FROM outbox');
    expect(rows).toEqual([]);
  });

  it('that another worker has taken is neither repaired nor ended by the one who had it', async () => {
    const lost = await begun();
    await database.setClock(T0 + HOUR);
    const run = await claim();
    expect(run.id).toBe(lost.id);
    const ada = await profileId('ada');
    await inTransaction((tx) => runs.note(tx, run, [ada]));
    const ending = (outcome: typeof NOTHING | { problem: string }) =>
      inTransaction(async (tx) => {
        await drift.repair(tx, lost);
        await runs.finish(tx, lost, outcome);
      });
    await expect(ending(NOTHING)).rejects.toThrow('Another worker');
    await expect(ending({ problem: 'could not be read' })).rejects.toThrow('Another worker');
    const { rows: owed } = await database.pool.query('SELECT FROM outbox');
    expect(owed).toEqual([]);
    const { rows } = await database.pool.query('SELECT profile_id FROM reconciliation_members');
    expect(rows).toEqual([{ profile_id: String(ada) }]);
    await inTransaction((tx) => runs.finish(tx, run, NOTHING));
  });

  it('is asked for once, whoever asks at the same moment', async () => {
    const asks = [
      (tx: Transaction) => runs.unaskedSince(tx, 'customerio', ['7'], new Date(T0 - HOUR)).then((them) => them.length),
      (tx: Transaction) => runs.request(tx, 'customerio', ['7']),
    ];
    const asking: Promise<number>[] = [];
    await inTransaction(async (tx) => {
      await runs.request(tx, 'customerio', ['7']);
      asking.push(...asks.map((ask) => inTransaction(ask)));
      await Promise.race([Promise.all(asking), database.untilWaiting(2)]);
    });
    expect(await Promise.all(asking)).toEqual([0, 0]);
  });
});
