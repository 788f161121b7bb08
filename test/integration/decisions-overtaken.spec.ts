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
    const holder = await database.pool.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('LOCK TABLE decision_inputs IN EXCLUSIVE MODE');
      const { decision_id: id } = await journey.decide('p', who);
      await happens();
      return id as string;
    } finally {
      await holder.query('ROLLBACK');
      holder.release();
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

  it('was erased is not kept, and no destination hears of it', async () => {
    await decideBefore(() => turnout.must('DELETE', '/v1/profiles/customer_id:1'));
    expect(await decisions()).toEqual([]);
    expect(customerio.events()).toEqual([]);
    expect((await turnout.must('GET', '/v1/outbox/dead-letters')).deadLetters).toEqual([]);
  });
});
