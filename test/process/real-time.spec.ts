import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { SIGNING_KEY, TestTurnout } from '../support/turnout.js';
import { customerioWebhook } from '../support/webhooks.js';

const WINDOW_MS = 2_000;

describe('with the real clock and the default sweep', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.pool.query(
      `CREATE OR REPLACE FUNCTION turnout_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS
         $$ SELECT date_trunc('milliseconds', clock_timestamp()) $$`,
    );
    turnout = await TestTurnout.start(database, undefined, { SWEEP_INTERVAL_MS: '100' });
  });

  afterAll(async () => {
    await turnout.stop();
    await database.drop();
  });

  it('lets each of many members leave at the exact end of the window, found within a second, never early', async () => {
    await turnout.must('PUT', '/v1/segments/fresh', { rule: { performed: 'click', within: '2s' } });
    const people = 40;
    for (let person = 0; person < people; person++) {
      const at = await database.now();
      await turnout.send(customerioWebhook({ secret: SIGNING_KEY, at, identifiers: { id: `p${person}` } }));
    }
    let exits: { held_ms: string; late_ms: string }[] = [];
    for (const deadline = Date.now() + 20_000; Date.now() < deadline && exits.length < people;) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      ({ rows: exits } = await database.pool.query<{ held_ms: string; late_ms: string }>(
        `SELECT extract(epoch FROM exit.at - click.occurred_at) * 1000 AS held_ms,
                extract(epoch FROM exit.recorded_at - exit.at) * 1000 AS late_ms
           FROM transitions exit JOIN events click USING (lane, profile_id) WHERE exit.kind = 'exited'`,
      ));
    }
    expect(exits).toHaveLength(people);
    expect(new Set(exits.map((exit) => Number(exit.held_ms)))).toEqual(new Set([WINDOW_MS]));
    const late = exits.map((exit) => Number(exit.late_ms));
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...late)).toBeLessThan(1_000);
  });
});
