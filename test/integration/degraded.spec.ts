import type { PoolClient } from 'pg';
import { Metrics } from '../../src/platform/metrics/metrics.js';
import { T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { JourneyClient } from '../support/journey.js';
import { TestTurnout } from '../support/turnout.js';

const CLICKED = [{ key: 'clicked', rule: { performed: 'click', within: '30d' } }];

describe('a decision that can’t be made', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;
  let journey: JourneyClient;

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database, undefined, { DECISION_DEADLINE_MS: '1000' });
    journey = new JourneyClient(turnout, 'welcome');
    await journey.declare({
      plain: { branches: CLICKED, default: 'rest', push: false },
      chosen: { branches: CLICKED, default: 'rest', push: false, whenDegraded: { branch: 'clicked' } },
      refused: { branches: CLICKED, default: 'rest', push: false, whenDegraded: 'refuse' },
    });
    await journey.click(1, T0);
    // What a process has never been asked it can't know while the database can't be asked.
    expect(await journey.decide('plain', 1)).toMatchObject({ branch: 'clicked' });
    await turnout.settle();
  });

  afterAll(async () => {
    await turnout.stop();
    await database.drop();
  });

  const DEGRADED = { reason: 'ERROR', error_code: 'DEGRADED', status: 'decided', decision_id: null, matched: false };

  async function expectFallbacks(): Promise<void> {
    const [plain, chosen, refused] = await Promise.all([
      journey.ask('plain', { identifiers: { customer_id: 1 }, journey_run_id: 'r1' }),
      journey.ask('chosen', { identifiers: { customer_id: 2 }, journey_run_id: 'r2' }),
      journey.ask('refused', { identifiers: { customer_id: 1 }, journey_run_id: 'r3' }),
    ]);
    expect(plain).toMatchObject({ status: 200, body: { ...DEGRADED, branch: 'rest' } });
    expect(chosen).toMatchObject({ status: 200, body: { ...DEGRADED, branch: 'clicked' } });
    expect(refused).toMatchObject({
      status: 503,
      type: expect.stringContaining('application/problem+json') as unknown,
    });
  }

  async function logged(): Promise<number> {
    const { rows } = await database.pool.query('SELECT FROM decisions');
    return rows.length;
  }

  /** That an answer was a fallback is told nobody but by this: it is answered 200. */
  const fallbacks = async () => (await turnout.app.get(Metrics).fallbacks.get()).values[0]!.value;

  it('in time is answered by what is declared for that, and nothing of it is kept', async () => {
    const before = await logged();
    const fellBack = await fallbacks();
    const blocking: PoolClient = await database.pool.connect();
    await blocking.query('BEGIN');
    await blocking.query('LOCK TABLE catalogue IN ACCESS EXCLUSIVE MODE');
    await expectFallbacks();
    await blocking.query('COMMIT');
    blocking.release();
    await turnout.settle();
    expect((await fallbacks()) - fellBack).toBe(3);
    expect(await logged()).toBe(before);
    // The run was told the fallback, which pins nothing: it is asked anew.
    expect(await journey.decide('plain', 1, { journey_run_id: 'r1' })).toMatchObject({
      branch: 'clicked',
      reason: 'TARGETING_MATCH',
    });
  });

  it('since the database is gone is answered likewise, at once, and rightly when it is back', async () => {
    await database.whileAway(expectFallbacks);
    await turnout.settle();
    expect(await journey.decide('refused', 1)).toMatchObject({ branch: 'clicked', reason: 'TARGETING_MATCH' });
  });
});
