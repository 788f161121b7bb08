import { DataSource, type EntityManager } from 'typeorm';
import { DecisionLog } from '../../src/decisions/decision-log.js';
import type { Judged } from '../../src/decisions/judge.js';
import { T0 } from '../support/builders.js';
import { startCustomerioServer, type CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { fact, take } from '../support/facts.js';
import { JourneyClient } from '../support/journey.js';
import { TestTurnout } from '../support/turnout.js';

const POINT = { branches: [{ key: 'yes', rule: { performed: 'click', within: '30d' } }], default: 'no' };

describe('a decision that is written down after its profile', () => {
  let database: TestDatabase;
  let customerio: CustomerioServer;
  let turnout: TestTurnout;
  let journey: JourneyClient;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    customerio = await startCustomerioServer();
    customerio.seedPerson({ id: '1', email: 'one@example.com' });
    turnout = await TestTurnout.start(database, customerio);
    journey = new JourneyClient(turnout, 'j');
    await journey.declare({ p: POINT });
    await take(turnout, fact('visit', T0, 'email=one@example.com'), fact('click', T0, 'customer_id=1'));
    await turnout.settle();
  });

  afterEach(async () => {
    await turnout.stop();
    await customerio.stop();
    await database.drop();
  });

  /** Asks, and has something happen between the answer and the moment at which it is written down. */
  async function decideBefore(happens: () => Promise<unknown>, who = 1): Promise<string> {
    const log = turnout.app.get(DecisionLog);
    const add = log.add.bind(log);
    const answered: Judged[] = [];
    log.add = async (judged) => void answered.push(...judged);
    try {
      const { decision_id: id } = await journey.decide('p', who);
      await happens();
      return id as string;
    } finally {
      log.add = add;
      await log.add(answered);
      await turnout.settle();
    }
  }

  const decisions = async () => (await database.pool.query('SELECT id, profile_id FROM decisions')).rows;

  it('was merged is a decision of the profile that stays, of which the destination hears', async () => {
    const id = await decideBefore(() => take(turnout, fact('visit', T0, 'customer_id=1 email=one@example.com')));
    const { profileId } = await turnout.must('GET', '/v1/profiles/customer_id:1');
    expect(await decisions()).toEqual([{ id, profile_id: String(profileId) }]);
    expect(customerio.events().map((event) => event.id)).toEqual([id]);
    expect(await turnout.must('POST', `/v1/decisions/${id}/replay`)).toMatchObject({ matches: true });
  });

  it('did what came in late is revised by it', async () => {
    await take(turnout, fact('visit', T0, 'customer_id=2'));
    const id = await decideBefore(() => take(turnout, fact('click', T0, 'customer_id=2')), 2);
    const decision = await turnout.must('GET', `/v1/decisions/${id}`);
    expect(decision).toMatchObject({ branch: 'no', revised: { branch: 'yes', cause: 'late_event' } });
  });

  it('is revised by what waited for a change of rules before it came in, however long', async () => {
    await take(turnout, fact('visit', T0, 'customer_id=2'));
    const holder = await database.pool.connect();
    await holder.query(`BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('what is declared', 0))`);
    const coming = take(turnout, fact('click', T0, 'customer_id=2'));
    await database.untilWaiting(1);
    await database.setClock(T0 + 60_000);
    const id = await decideBefore(async () => {
      await holder.query('COMMIT');
      holder.release();
      await coming;
    }, 2);
    const decision = await turnout.must('GET', `/v1/decisions/${id}`);
    expect(decision).toMatchObject({ branch: 'no', revised: { branch: 'yes', cause: 'late_event' } });
  });

  it('was erased is not kept, and no destination hears of it', async () => {
    await decideBefore(() => turnout.must('DELETE', '/v1/profiles/customer_id:1'));
    expect(await decisions()).toEqual([]);
    expect(customerio.events()).toEqual([]);
    expect((await turnout.must('GET', '/v1/outbox/dead-letters')).deadLetters).toEqual([]);
  });

  it('was written, though nobody heard that it was, is written and told once', async () => {
    const dataSource = turnout.app.get(DataSource);
    const transaction = dataSource.transaction.bind(dataSource);
    let isCut = false;
    // The connection is lost after the commit, and before its answer.
    dataSource.transaction = (async (work: (tx: EntityManager) => Promise<unknown>) => {
      const done = await transaction(work);
      const { rows } = await database.pool.query('SELECT FROM decisions');
      if (isCut || rows.length === 0) return done;
      isCut = true;
      throw new Error('Connection terminated unexpectedly');
    }) as typeof dataSource.transaction;
    const { decision_id: id } = await journey.decide('p', 1);
    await turnout.settle();
    const { decision_id: next } = await journey.decide('p', 1);
    await turnout.settle();
    expect(isCut).toBe(true);
    expect((await decisions()).map((one: { id: string }) => one.id)).toEqual([id, next]);
    expect(customerio.events().map((event) => event.id)).toEqual([id, next]);
  });

  it('waits for an evaluation keeps no other waiting', async () => {
    await take(turnout, fact('visit', T0, 'customer_id=2'));
    await turnout.settle();
    const holder = await database.pool.connect();
    try {
      const { profileId } = await turnout.must('GET', '/v1/profiles/customer_id:1');
      await holder.query('BEGIN');
      await holder.query('SELECT FROM profiles WHERE id = $1 FOR UPDATE', [profileId]);
      const first = journey.decide('p', 1, { journey_run_id: 'r1' });
      await database.untilWaiting(1);
      // Not what is declared for when it takes too long.
      expect(await journey.decide('p', 2, { journey_run_id: 'r2' })).toMatchObject({ branch: 'no', reason: 'DEFAULT' });
      await holder.query('COMMIT');
      await first;
    } finally {
      holder.release(true);
    }
  });

  it('is asked for again while it is erased is answered all the same', async () => {
    const abandoned = { performed: 'click', within: '30d', notFollowedBy: { performed: 'purchase', within: '3d' } };
    await turnout.must('PUT', '/v1/sources/shopify/history', {
      startsAt: '1970-01-01T00:00:00Z',
      eventNames: ['purchase'],
    });
    await journey.declare({ p: { branches: [{ key: 'yes', rule: abandoned }], default: 'no', whenPending: 'wait' } });
    const asked = await journey.decide('p', 1, { journey_run_id: 'r1' });
    expect(asked).toMatchObject({ reason: 'PENDING' });
    await turnout.settle();
    const holder = await database.pool.connect();
    try {
      await holder.query('BEGIN; SELECT FROM decisions FOR UPDATE');
      const erasing = turnout.must('DELETE', '/v1/profiles/customer_id:1');
      await database.untilWaiting(1);
      const again = journey.decide('p', 1, { journey_run_id: 'r1' });
      await database.untilWaiting(2);
      await holder.query('COMMIT');
      expect((await again).decision_id).toBe(asked.decision_id);
      await erasing;
    } finally {
      holder.release(true);
    }
  });
});
