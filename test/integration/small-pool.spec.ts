import { T0 } from '../support/builders.js';
import { startCustomerioServer, type CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { fact, take } from '../support/facts.js';
import { JourneyClient } from '../support/journey.js';
import { TestTurnout } from '../support/turnout.js';

describe('a pool of two connections', () => {
  let database: TestDatabase;
  let customerio: CustomerioServer;
  let turnout: TestTurnout;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    customerio = await startCustomerioServer();
    turnout = await TestTurnout.start(database, customerio, { DATABASE_POOL_SIZE: '2' });
  });

  afterEach(async () => {
    await turnout.stop();
    await customerio.stop();
    await database.drop();
  });

  it('is enough for changes and events at once, of which each waits for the others', async () => {
    const changes = ['a', 'b', 'c', 'd'].map((key, index) =>
      turnout.must('PUT', `/v1/segments/${key}`, {
        rule: { performed: key },
        push: { customerio: { segmentId: index + 1 } },
      }),
    );
    const events = ['a', 'b', 'c', 'd'].map((name) => take(turnout, fact(name, T0, 'customer_id=1')));
    await Promise.all([...changes, ...events]);
    await turnout.settle();
    const { memberships } = await turnout.must('GET', '/v1/profiles/customer_id:1');
    expect((memberships as { isMember: boolean }[]).map((one) => one.isMember)).toEqual([true, true, true, true]);
  });

  it('is enough for decisions while events wait for somebody else', async () => {
    const journey = new JourneyClient(turnout, 'winback');
    await journey.declare({ point: { branches: [{ key: 'yes', rule: { performed: 'a' } }], default: 'no' } });
    await take(turnout, fact('a', T0, 'customer_id=1'));
    await turnout.settle();
    await turnout.stop(); // nothing is known by heart
    turnout = await TestTurnout.start(database, customerio, { DATABASE_POOL_SIZE: '2' });
    const other = await database.pool.connect();
    await other.query('BEGIN; SELECT FROM profiles FOR UPDATE');
    const waiting = take(turnout, fact('a', T0 + 1, 'customer_id=1'));
    const waits = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    while ((await database.pool.query(waits)).rowCount === 0);
    const again = new JourneyClient(turnout, 'winback');
    expect(await again.decide('point', 1)).toMatchObject({ branch: 'yes', reason: 'TARGETING_MATCH' });
    await other.query('COMMIT');
    other.release();
    await waiting;
  });
});
