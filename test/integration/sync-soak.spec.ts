import { soak } from '../soak/sync-soak.js';
import { startCustomerioServer, type CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { TestTurnout } from '../support/turnout.js';

const LIMIT = 40;
const APP_LIMIT = 10;

describe('pushes while a fifth of the answers go wrong', () => {
  let database: TestDatabase;
  let customerio: CustomerioServer;
  let services: TestTurnout[];

  beforeEach(async () => {
    database = await createTestDatabase();
    // Limits are about real time.
    await database.pool.query(
      `CREATE OR REPLACE FUNCTION turnout_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS
         $$ SELECT date_trunc('milliseconds', clock_timestamp()) $$`,
    );
    customerio = await startCustomerioServer();
    const env = {
      CUSTOMERIO_REQUESTS_PER_SECOND: String(LIMIT),
      CUSTOMERIO_APP_REQUESTS_PER_SECOND: String(APP_LIMIT),
      DELIVERY_TIMEOUT_MS: '500',
      DELIVERY_LEASE_MS: '5000',
    };
    services = [];
    for (let n = 0; n < 2; n++) services.push(await TestTurnout.start(database, customerio, env));
  });

  afterEach(async () => {
    await Promise.all(services.map((one) => one.stop()));
    await customerio.stop();
    await database.drop();
  });

  it('all arrive, within the limits, and nothing drifts; nor after tampering and one reconciliation', async () => {
    const result = await soak(
      { client: services[0]!, pool: database.pool, customerio },
      { changes: 600, segments: 2, people: 200, seed: 1, faults: 0.2, patienceMs: 60_000, say: () => undefined },
    );
    expect(result).toMatchObject({
      transitions: 600,
      driftAfterRetries: 0,
      driftAfterReconciliation: 0,
      lostEvents: 0,
      found: result.tampered,
      mostInFlight: 1,
    });
    expect(result.tampered).toBeGreaterThan(3);
    expect(result.mostTrack).toBeLessThanOrEqual(LIMIT);
    expect(result.mostApp).toBeLessThanOrEqual(APP_LIMIT);
  }, 180_000);
});
