import { randomBytes } from 'node:crypto';
import { describeApi } from '../../src/platform/openapi.js';
import { Outcomes } from '../fuzz/outcomes.js';
import type { Document } from '../fuzz/routes/document.js';
import { fuzzRoutes } from '../fuzz/routes/fuzz-routes.js';
import { startCustomerioServer, type CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { TestTurnout } from '../support/turnout.js';

const CALLS = 150;

// The long run is `npm run fuzz -- --routes 20000`.
describe('fuzzed requests to the routes of the API', () => {
  let database: TestDatabase;
  let customerio: CustomerioServer;
  let turnout: TestTurnout;

  beforeAll(async () => {
    database = await createTestDatabase();
    customerio = await startCustomerioServer();
    customerio.seedSegment({ id: 7, name: 'clickers', type: 'manual' });
    const SECRETS_KEYS = randomBytes(32).toString('base64');
    turnout = await TestTurnout.start(database, customerio, { SECRETS_KEYS });
  });

  afterAll(async () => {
    await turnout.stop();
    await customerio.stop();
    await database.drop();
  });

  it('are answered as the description says, or refused with what is wrong and nothing changed', async () => {
    const key = turnout.authorization.replace('Bearer ', '');
    const document = describeApi(turnout.app) as unknown as Document;
    const outcomes = new Outcomes();
    expect(await fuzzRoutes({ url: turnout.url, key, document }, 1, CALLS, outcomes)).toEqual([]);
    expect(outcomes.total).toBeGreaterThanOrEqual(CALLS);
    for (const method of ['GET', 'POST', 'PUT', 'DELETE'])
      expect(outcomes.of(`${method} `)).toBeGreaterThan(CALLS / 20);
  });
});
