import type { PoolClient } from 'pg';
import { DataSource } from 'typeorm';
import { OutboxStore } from '../../src/outbox/outbox-store.js';
import { laneOfText } from '../../src/platform/lanes.js';
import { PROFILE_TABLES } from '../../src/profiles/profile-tables.js';
import { T0 } from '../support/builders.js';
import { startCustomerioServer, type CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { fact, take } from '../support/facts.js';
import { TestTurnout } from '../support/turnout.js';

const EMAIL = 'ada.lovelace@example.com';
const LEASE_MS = 60_000;
const EARLIER = T0 - 3_600_000;

describe('an erasure beside what else is under way', () => {
  let database: TestDatabase;
  let customerio: CustomerioServer;
  let one: TestTurnout;
  let other: TestTurnout;
  let holder: PoolClient;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    // No workers: what is owed stays where it is.
    customerio = await startCustomerioServer();
    one = await TestTurnout.start(database, customerio, { TURNOUT_ROLES: 'api' });
    other = await TestTurnout.start(database, customerio, { TURNOUT_ROLES: 'api' });
    const push = { customerio: { segmentId: 7 } };
    await one.must('PUT', '/v1/segments/clicked', { rule: { performed: 'click', within: '30d' }, push });
    await take(one, fact('identify', T0, 'customer_id=0'), fact('click', EARLIER, 'customer_id=0')); // names that are known
    holder = await database.pool.connect();
    await holder.query('BEGIN');
  });

  afterEach(async () => {
    holder?.release(true);
    await other.stop();
    await one.stop();
    await customerio.stop();
    await database.drop();
  });

  const profileId = async (who: string) => (await one.must('GET', `/v1/profiles/${who}`)).profileId as string;
  const hold = async (who: string, table = 'profiles', column = 'id') =>
    holder.query(`SELECT FROM ${table} WHERE ${column} = $1 FOR UPDATE`, [await profileId(who)]);
  const erase = (who: string) => other.must('DELETE', `/v1/profiles/${who}`);

  /** Until something is done, or so many transactions wait for a lock. */
  const doneOrWaiting = (doing: Promise<unknown>, waiting: number) =>
    Promise.race([doing, database.untilWaiting(waiting)]);

  const owed = async () =>
    (
      await database.pool.query<{ subject: string; dueAt: Date }>(
        `SELECT subject, due_at AS "dueAt" FROM outbox WHERE due_at IS NOT NULL ORDER BY profile_id, subject`,
      )
    ).rows.map(({ subject, dueAt }) => [subject, dueAt.getTime() - T0]);

  /** As a worker takes what is due. */
  const claim = () =>
    one.app.get(OutboxStore).claim(one.app.get(DataSource).manager, {
      ...{ lanes: Array.from({ length: 64 }, (_, lane) => lane), priority: 0, destination: 'customerio' },
      ...{ most: 100, leaseMs: LEASE_MS },
    });

  it('takes along who is merged into them just then', async () => {
    await take(one, fact('click', T0, 'anonymous_id=device-9'));
    await take(one, fact('click', T0, 'customer_id=ada-one'));
    const family = [await profileId('anonymous_id:device-9'), await profileId('customer_id:ada-one')];
    await hold('customer_id:ada-one');
    const merging = take(one, fact('identify', T0, 'customer_id=ada-one anonymous_id=device-9'));
    await database.untilWaiting(1);
    const erasing = erase('anonymous_id:device-9');
    await database.untilWaiting(2);
    await holder.query('COMMIT');
    await Promise.all([merging, erasing]);
    for (const table of Object.keys(PROFILE_TABLES)) {
      const { rows } = await database.pool.query(`SELECT FROM ${table} WHERE profile_id = ANY($1) AND $2 <> 'outbox'`, [
        family,
        table,
      ]);
      expect([table, rows.length]).toEqual([table, 0]);
    }
    const { rows } = await database.pool.query('SELECT FROM profiles WHERE merge_event_id IS NOT NULL');
    expect(rows).toEqual([]);
  });

  it('has nobody begin to send about them before the destination is asked to forget them', async () => {
    await take(one, fact('click', T0, 'customer_id=ada-one'));
    await hold('customer_id:ada-one', 'events', 'profile_id');
    const erasing = erase('customer_id:ada-one');
    await database.untilWaiting(1);
    const claimed = await claim();
    expect(claimed.map((message) => message.subject)).toEqual(['segment:7']); // of the one who stays
    await holder.query('COMMIT');
    await erasing;
    expect(await owed()).toEqual([
      ['segment:7', 0],
      ['erasure', 0],
    ]);
  });

  it('asks the destination to forget them once what is on its way has arrived', async () => {
    await take(one, fact('click', T0, 'customer_id=ada-one'));
    await hold('customer_id:ada-one');
    const erasing = erase('customer_id:ada-one');
    await database.untilWaiting(1);
    expect(await claim()).toHaveLength(2);
    await holder.query('COMMIT');
    await erasing;
    expect((await owed()).at(-1)).toEqual(['erasure', LEASE_MS]);
  });

  it('leaves nothing of them to whom somebody else was about to give the same identifier', async () => {
    // Both are given at once, lane by lane: the other one's is waited for when nothing is known of either.
    const isBefore = (name: string) => laneOfText(`customer_id:${name}`) < laneOfText('customer_id:ada-one');
    const waitedFor = Array.from({ length: 500 }, (_, n) => `cleo-${n}`).find(isBefore)!;
    await holder.query(
      `INSERT INTO identifiers (lane, kind, value, created_at) VALUES ($1, 'customer_id', $2, turnout_now())`,
      [laneOfText(`customer_id:${waitedFor}`), waitedFor],
    );
    const taking = take(
      one,
      fact('click', T0, `customer_id=${waitedFor}`),
      fact('click', T0, `customer_id=ada-one email=${EMAIL}`),
    );
    await database.untilWaiting(1);
    await take(other, fact('click', T0, 'customer_id=ada-one'));
    await erase('customer_id:ada-one');
    await holder.query('ROLLBACK');
    expect(await taking).toMatchObject([{ kind: 'stored' }, { kind: 'refused', reason: 'erased' }]);
    expect((await other.call('GET', '/v1/profiles/customer_id:ada-one')).status).toBe(404);
    const { rows } = await database.pool.query('SELECT FROM identifiers WHERE value = ANY($1)', [['ada-one', EMAIL]]);
    expect(rows).toEqual([]);
  });

  it('leaves no conflict of others that was found before, and is noted after it', async () => {
    await take(
      one,
      fact('click', EARLIER, `customer_id=ada-one email=${EMAIL}`),
      fact('click', EARLIER, 'customer_id=bob'),
    );
    await hold('customer_id:bob');
    const taking = take(one, fact('click', T0, `customer_id=bob email=${EMAIL}`));
    await database.untilWaiting(1);
    await erase('customer_id:ada-one');
    await holder.query('COMMIT');
    expect(await taking).toEqual([{ kind: 'stored' }]);
    const { rows } = await database.pool.query('SELECT FROM identity_conflicts');
    expect(rows).toEqual([]);
  });

  it('leaves no conflict of others that is noted, but not committed yet', async () => {
    await take(
      one,
      fact('click', EARLIER, `customer_id=ada-one email=${EMAIL}`),
      fact('click', EARLIER, 'customer_id=bob'),
    );
    await hold('customer_id:bob', 'memberships', 'profile_id');
    const taking = take(one, fact('click', T0, `customer_id=bob email=${EMAIL}`));
    await database.untilWaiting(1);
    const erasing = erase('customer_id:ada-one');
    await doneOrWaiting(erasing, 2);
    await holder.query('COMMIT');
    await Promise.all([taking, erasing]);
    const { rows } = await database.pool.query('SELECT FROM identity_conflicts');
    expect(rows).toEqual([]);
  });

  it('leaves no dead letter about them that is not committed yet', async () => {
    await take(
      one,
      fact('click', EARLIER, `customer_id=ada-one email=${EMAIL}`, {}, 'E1'),
      fact('click', EARLIER, 'customer_id=bob'),
    );
    await hold('customer_id:bob', 'memberships', 'profile_id');
    const taking = take(
      one,
      fact('click', T0, 'customer_id=ada-one', { said: 'otherwise' }, 'E1'),
      fact('click', T0, 'customer_id=bob'),
    );
    await database.untilWaiting(1);
    const erasing = erase('customer_id:ada-one');
    await doneOrWaiting(erasing, 2);
    await holder.query('COMMIT');
    expect(await taking).toMatchObject([{ kind: 'refused', reason: 'conflicting_duplicate' }, { kind: 'stored' }]);
    await erasing;
    const { rows } = await database.pool.query('SELECT FROM dead_letters');
    expect(rows).toEqual([]);
  });
});
