import { fuzzOverHttp } from '../fuzz/over-http.js';
import { Outcomes } from '../fuzz/outcomes.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { TestTurnout } from '../support/turnout.js';

// The long run is `npm run fuzz`.
describe('fuzzed bodies, sent to the service', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.setClock('2027-01-01T00:00:00Z');
    turnout = await TestTurnout.start(database);
  });

  afterAll(async () => {
    await turnout.stop();
    await database.drop();
  });

  it('are taken, kept aside, or refused with an explanation', async () => {
    const { key } = (await turnout.must('POST', '/v1/api-keys', { name: 'fuzz', scopes: ['ingest'] })) as {
      key: string;
    };
    const outcomes = new Outcomes();
    expect(await fuzzOverHttp({ url: turnout.url, key }, 3, { from: 0, to: 600 }, outcomes)).toEqual([]);
    for (const source of ['customerio', 'shopify']) {
      for (const answer of ['200 stored', '200 kept_aside'])
        expect(outcomes.of(`${source} ${answer}`)).toBeGreaterThan(0);
    }
    for (const answer of ['200 success', '400']) expect(outcomes.of(`segment ${answer}`)).toBeGreaterThan(0);
    const { rows } = await database.pool.query<{ n: string }>(`SELECT count(*) AS n FROM dead_letters`);
    expect(Number(rows[0]!.n)).toBeGreaterThanOrEqual(
      outcomes.of('customerio 200 kept') + outcomes.of('shopify 200 kept'),
    );
  });
});
