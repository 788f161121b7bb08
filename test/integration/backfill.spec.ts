import { DataSource } from 'typeorm';
import { Backfill } from '../../src/memberships/backfill.js';
import { MembershipEvaluator } from '../../src/memberships/evaluator.js';
import { MembershipStore } from '../../src/memberships/membership-store.js';
import { catalogueRevision, raiseRuleRevision } from '../../src/platform/catalogue-revision.js';
import { SegmentStore } from '../../src/segments/segment-store.js';
import { T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { SIGNING_KEY, TestTurnout } from '../support/turnout.js';
import { customerioWebhook } from '../support/webhooks.js';

const LANE = 5;

describe('a change of rules', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  /** An API without workers: what a change makes due is looked at when the test says so. */
  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database, undefined, { TURNOUT_ROLES: 'api' });
    await database.pool.query(
      `INSERT INTO profiles (lane, id, created_at, evaluated_revision)
       SELECT $1::smallint, $1::smallint + 64 * n, turnout_now(), 1 FROM generate_series(1, 7) AS n`,
      [LANE],
    );
  });

  afterEach(async () => {
    await turnout.stop();
    await database.drop();
  });

  async function due(): Promise<number> {
    const { rows } = await database.pool.query('SELECT FROM profiles WHERE evaluate_at IS NOT NULL');
    return rows.length;
  }
  const change = () => turnout.app.get(DataSource).transaction(raiseRuleRevision);

  it('makes everybody due, a few at a time', async () => {
    const backfill = turnout.app.get(Backfill);
    await change();
    const counts: number[] = [];
    while (await backfill.step(LANE, 2)) counts.push(await due());
    expect([...counts, await due()]).toEqual([2, 4, 6, 7]);
  });

  it('begins with everybody again when it comes in the middle of another', async () => {
    const backfill = turnout.app.get(Backfill);
    await change();
    await backfill.step(LANE, 4);
    await database.pool.query('UPDATE profiles SET evaluate_at = NULL'); // they were evaluated
    await change();
    while (await backfill.step(LANE, 4));
    expect(await due()).toBe(7);
  });

  it('that is undone leaves nothing behind for the next one, which has a number of its own', async () => {
    const [dataSource, segments] = [turnout.app.get(DataSource), turnout.app.get(SegmentStore)];
    const undone = dataSource.transaction(async (tx) => {
      await segments.current(tx, (await raiseRuleRevision(tx)).revision);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    const other = await TestTurnout.start(database, undefined, { TURNOUT_ROLES: 'api' });
    await other.must('PUT', '/v1/segments/clicked', { rule: { performed: 'click', within: '30d' } });
    await other.stop();
    const inForce = await segments.current(dataSource.manager, await catalogueRevision(dataSource.manager));
    expect(inForce.all.map(({ key }) => key)).toEqual(['clicked']);
  });

  it('is known to an evaluation that takes profiles after everybody was marked', async () => {
    const [backfill, store] = [turnout.app.get(Backfill), turnout.app.get(MembershipStore)];
    const claimDue = store.claimDue.bind(store);
    await database.pool.query('UPDATE profiles SET evaluate_at = turnout_now()');
    store.claimDue = async (...asked) => {
      await turnout.must('PUT', '/v1/segments/all', { rule: { everyone: true } });
      while (await backfill.step(LANE, 100));
      return claimDue(...asked);
    };
    await turnout.app.get(MembershipEvaluator).evaluateBatch(LANE, 100);
    const { rows } = await database.pool.query('SELECT FROM memberships WHERE is_member');
    expect(rows).toHaveLength(7);
  });

  it('reaches who comes while it is made, seen by nobody yet', async () => {
    const [backfill, store] = [turnout.app.get(Backfill), turnout.app.get(MembershipStore)];
    const arrive = (id: string) =>
      turnout.send(customerioWebhook({ secret: SIGNING_KEY, at: T0, identifiers: { id } }));
    await arrive('first'); // of its source, which is a change of its own
    const write = store.write.bind(store);
    let change: Promise<unknown> | undefined;
    store.write = async (...asked) => {
      store.write = write;
      change = turnout.must('PUT', '/v1/segments/all', { rule: { everyone: true } });
      // It waits for this evaluation; if it did not, it would be made by then.
      await Promise.race([change, new Promise((resolve) => setTimeout(resolve, 1_000))]);
      for (const lane of await backfill.lanes()) while (await backfill.step(lane, 100));
      return write(...asked);
    };
    await arrive('new');
    await change;
    const worker = await TestTurnout.start(database, undefined, { TURNOUT_ROLES: 'worker' });
    await turnout.settle();
    await worker.stop();
    const { rows } = await database.pool.query('SELECT FROM memberships WHERE is_member');
    expect(rows).toHaveLength(9);
  });
});
