import { T0 } from '../support/builders.js';
import { startCustomerioServer, type CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { fact, take } from '../support/facts.js';
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
});
