import { T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { inconsistencies } from '../support/consistency.js';
import { SIGNING_KEY, TestTurnout } from '../support/turnout.js';
import { customerioWebhook } from '../support/webhooks.js';

const CLICKED = { performed: 'click', within: '30d' } as const;
const RULES = { clicked: CLICKED, quiet: { performed: 'purchase', count: { exactly: 0 }, within: '1d' } } as const;

/** A service that only takes events in: nobody sweeps. */
describe('memberships when events have come', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database, undefined, { TURNOUT_ROLES: 'api' });
    await turnout.must('PUT', '/v1/segments/clicked', { rule: CLICKED, push: { customerio: { segmentId: '7' } } });
    await click('0', 'somebody else'); // begins the history of clicks, so that it changes nothing later
    await sweepOnce();
  });

  afterEach(async () => {
    await turnout.stop();
    await database.drop();
  });

  const click = (eventId: string, id = 'ada') =>
    turnout.send(customerioWebhook({ secret: SIGNING_KEY, at: T0, eventId, identifiers: { id } }));

  const delivered = (eventId: string, id = 'ada') =>
    turnout.send(customerioWebhook({ secret: SIGNING_KEY, at: T0, eventId, metric: 'delivered', identifiers: { id } }));

  async function sweepOnce(): Promise<void> {
    const worker = await TestTurnout.start(database);
    try {
      while (await isAnythingDue()) await new Promise((resolve) => setTimeout(resolve, 10));
    } finally {
      await worker.stop();
    }
  }

  async function isAnythingDue(): Promise<boolean> {
    const { rows } = await database.pool.query<{ due: boolean }>(
      `SELECT EXISTS (SELECT FROM profiles WHERE evaluate_at <= turnout_now()) OR EXISTS (SELECT FROM backfills) AS due`,
    );
    return rows[0]!.due;
  }

  async function ada(): Promise<{ isDue: boolean; entered: string; owed: string }> {
    const { rows } = await database.pool.query(
      `SELECT evaluate_at <= turnout_now() AS "isDue",
              (SELECT count(*) FROM transitions WHERE profile_id = profiles.id) AS entered,
              (SELECT count(*) FROM outbox WHERE profile_id = profiles.id) AS owed
         FROM profiles JOIN identifiers ON profile_id = id WHERE value = 'ada'`,
    );
    return rows[0] as Awaited<ReturnType<typeof ada>>;
  }

  it('are there, with what is owed for them, as soon as the event is acknowledged', async () => {
    expect((await click('1')).body).toEqual({ status: 'stored', events: 1 });
    expect(await ada()).toEqual({ isDue: false, entered: '1', owed: '1' });
    await click('2');
    expect(await ada()).toEqual({ isDue: false, entered: '1', owed: '1' });
    expect(await inconsistencies(database.pool, { clicked: CLICKED })).toEqual({ unreplayed: 0, wrong: [] });
  });

  it('are left to the sweep while a change of rules has not reached the profile', async () => {
    await click('1');
    await turnout.must('PUT', '/v1/segments/quiet', { rule: RULES.quiet });
    await click('2');
    expect(await ada()).toMatchObject({ isDue: true, entered: '1' });
    await sweepOnce();
    expect((await ada()).isDue).toBe(false);
    expect(await inconsistencies(database.pool, RULES)).toEqual({ unreplayed: 0, wrong: [] });
  });

  it('are there at once after a journey was declared, and after events of a name came in that no rule asks for', async () => {
    await click('1');
    const branches = [{ key: 'clicked', rule: { segment: 'clicked' } }];
    await turnout.must('PUT', '/v1/journeys/welcome', { branchPoints: { fork: { branches, default: 'rest' } } });
    await click('2', 'bob');
    await delivered('3', 'cleo'); // who has not clicked: nobody's click is a machine's for it
    expect(await isAnythingDue()).toBe(false);
    await click('4');
    expect(await ada()).toMatchObject({ isDue: false });
  });

  it('are looked at again, everybody’s, when the first event of a name comes in that a rule asks for', async () => {
    const delivery = { performed: 'email_delivered', count: { exactly: 0 }, within: '1d' };
    await turnout.must('PUT', '/v1/segments/undelivered', { rule: { all: [CLICKED, delivery] } });
    await click('1');
    await sweepOnce();
    await delivered('2', 'bob');
    expect(await isAnythingDue()).toBe(true);
    await database.setClock(T0 + 86_400_000); // a day of which all deliveries are known
    await sweepOnce();
    const { rows } = await database.pool.query(
      `SELECT at FROM transitions JOIN identifiers USING (profile_id) JOIN segments ON segments.id = segment_id
        WHERE value = 'ada' AND key = 'undelivered'`,
    );
    expect(rows).toEqual([{ at: new Date(T0 + 86_400_000) }]);
  });

  it('are left to the sweep when they can’t be written, and the event is stored all the same', async () => {
    await database.pool.query('ALTER TABLE memberships ADD CONSTRAINT broken CHECK (since IS NULL) NOT VALID');
    expect((await click('1')).body).toEqual({ status: 'stored', events: 1 });
    expect(await ada()).toEqual({ isDue: true, entered: '0', owed: '0' });
    await database.pool.query('ALTER TABLE memberships DROP CONSTRAINT broken');
    await sweepOnce();
    expect(await ada()).toMatchObject({ isDue: false, entered: '1' });
  });

  it('wait for an event that is ahead of its time', async () => {
    await turnout.send(
      customerioWebhook({ secret: SIGNING_KEY, at: T0 + 60_000, eventId: '1', identifiers: { id: 'ada' } }),
    );
    expect(await ada()).toEqual({ isDue: false, entered: '0', owed: '0' });
    await database.setClock(T0 + 60_000);
    await sweepOnce();
    expect(await ada()).toMatchObject({ isDue: false, entered: '1' });
  });
});
