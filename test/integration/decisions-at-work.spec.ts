import { DataSource } from 'typeorm';
import { DecisionStore } from '../../src/decisions/decision-store.js';
import { ReviewStore } from '../../src/decisions/review-store.js';
import { laneOfProfile } from '../../src/platform/lanes.js';
import { DAY, HOUR, T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { fact, take } from '../support/facts.js';
import { JourneyClient } from '../support/journey.js';
import { TestTurnout } from '../support/turnout.js';

const WAITING = { performed: 'click', notFollowedBy: { performed: 'purchase', within: '3d' } };

describe('an event that comes while a worker looks at a decision about its profile', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;
  let journey: JourneyClient;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database);
    await turnout.must('PUT', '/v1/sources/shopify/history', {
      startsAt: '2020-01-01T00:00:00Z',
      eventNames: ['purchase', 'order_cancelled', 'order_refunded'],
    });
    journey = new JourneyClient(turnout, 'j');
    await journey.declare({
      patient: { branches: [{ key: 'friction', rule: WAITING }], default: 'rest', whenPending: 'wait', push: false },
      buyers: { branches: [{ key: 'bought', rule: { performed: 'purchase' } }], default: 'rest', push: false },
    });
    await take(turnout, fact('click', T0, 'customer_id=1 email=p1@example.com'));
  });

  afterEach(async () => {
    await turnout.stop();
    await database.drop();
  });

  /** Holds the decision as a worker does who has read its history; `written` is what that one then writes and commits. */
  async function lookedAtWhile(happens: () => Promise<unknown>, written: string): Promise<void> {
    const worker = await database.pool.connect();
    try {
      await worker.query('BEGIN');
      await worker.query('SELECT FROM decisions FOR UPDATE');
      const { rows } = await worker.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      let isDone = false;
      const happening = happens().finally(() => (isDone = true));
      while (!isDone && !(await waitsFor(rows[0]!.pid))) await new Promise((resolve) => setTimeout(resolve, 5));
      await worker.query(`UPDATE decisions SET ${written}`);
      await worker.query('COMMIT');
      await happening;
    } finally {
      worker.release();
    }
    await turnout.settle();
  }

  async function waitsFor(pid: number): Promise<boolean> {
    const sql = 'SELECT FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid)) LIMIT 1';
    return (await database.pool.query(sql, [pid])).rowCount === 1;
  }

  const decision = async () =>
    (await database.pool.query('SELECT branch, reason, due_at, review_at, revised FROM decisions')).rows[0];

  it('has it looked at again, though it is due already', async () => {
    await journey.decide('patient', 1);
    await turnout.settle();
    expect(await decision()).toMatchObject({ branch: null, due_at: new Date(T0 + 3 * DAY) });
    await lookedAtWhile(async () => {
      await database.setClock(T0 + 3 * DAY);
      expect((await journey.order('orders/create', 1, T0 + HOUR)).status).toBe(200);
    }, `due_at = due_at + interval '1 day'`);
    expect(await decision()).toMatchObject({ branch: 'rest', due_at: null });
  });

  it('has it reviewed again, though it is marked already', async () => {
    await journey.decide('buyers', 1, { journey_run_id: 'r' });
    await database.pool.query('UPDATE decisions SET review_at = $1', [new Date(T0 + DAY)]);
    await lookedAtWhile(
      async () => expect((await journey.order('orders/create', 1, T0 - HOUR)).status).toBe(200),
      'review_at = NULL',
    );
    expect(await decision()).toMatchObject({ review_at: null, revised: { branch: 'bought', cause: 'late_event' } });
  });

  it('has it reviewed again, though it is being reviewed in the light of those before', async () => {
    await take(turnout, fact('visit', T0 - 2 * HOUR, 'customer_id=1'));
    await journey.decide('buyers', 1, { journey_run_id: 'r' });
    await database.pool.query('UPDATE decisions SET review_at = $1', [new Date(T0 + DAY)]);
    await lookedAtWhile(
      async () => expect((await journey.order('orders/create', 1, T0 - HOUR)).status).toBe(200),
      'review_at = NULL, reviewed_seq = (SELECT max(seq) FROM events)',
    );
    expect(await decision()).toMatchObject({ review_at: null, revised: { branch: 'bought', cause: 'late_event' } });
  });

  it.each([
    { column: 'due_at', store: DecisionStore, taken: 'settled' },
    { column: 'review_at', store: ReviewStore, taken: 'reviewed' },
  ])(
    'is one of many: those that are $taken at the same instant are taken in the order of their ids',
    async ({ column, store }) => {
      for (const run of ['a', 'b', 'c', 'd']) await journey.decide('patient', 1, { journey_run_id: run });
      const { rows } = await database.pool.query<{ id: string; profile_id: string }>(
        'SELECT id, profile_id FROM decisions',
      );
      const ids = rows.map((row) => row.id).sort();
      // Where PostgreSQL keeps them tells of when each was written, and of who else was looking at the time.
      for (const id of [...ids].reverse())
        await database.pool.query(`UPDATE decisions SET ${column} = $1 WHERE id = $2`, [new Date(T0 + DAY), id]);
      const [tx, lane] = [turnout.app.get(DataSource).manager, laneOfProfile(Number(rows[0]!.profile_id))];
      const taken = await turnout.app.get(store).claimDue(tx, lane, T0 + DAY, 3);
      expect(taken.map((one) => one.id)).toEqual(ids.slice(0, 3));
    },
  );

  it('has everybody looked at again when it is the first of a name that only the rule of an open decision asks for', async () => {
    const undisputed = { performed: 'order_disputed', count: { exactly: 0 }, within: '1d' };
    const disputes = {
      branches: [{ key: 'calm', rule: { all: [WAITING, undisputed] } }],
      default: 'rest',
      push: false,
    };
    await journey.declare({ disputes: { ...disputes, whenPending: 'wait' } });
    await journey.decide('disputes', 1);
    // By what it was asked it is settled, whatever the journey's next version asks for.
    const others = { branches: [{ key: 'bought', rule: { performed: 'purchase' } }], default: 'rest', push: false };
    await journey.declare({ others });
    await turnout.settle();
    const rulesRevision = async () =>
      (await database.pool.query<{ rules_revision: string }>('SELECT rules_revision FROM catalogue')).rows[0]!
        .rules_revision;
    const before = await rulesRevision();
    const tell = (event: string) => turnout.must('POST', '/v1/track', { userId: 'somebody else', event });
    await tell('order_fulfilled');
    expect(await rulesRevision()).toBe(before);
    await tell('order_disputed');
    expect(await rulesRevision()).not.toBe(before);
  });
});
