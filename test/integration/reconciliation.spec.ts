import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startCustomerioServer, type CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { status } from '../support/customerio-server/faults.js';
import { DAY, HOUR, T0 } from '../support/builders.js';
import { SIGNING_KEY, TestTurnout, type JsonObject } from '../support/turnout.js';
import { customerioWebhook } from '../support/webhooks.js';

const RUNS = '/v1/destinations/customerio/reconciliations';

describe('reconciliation', () => {
  let database: TestDatabase;
  let customerio: CustomerioServer;
  let turnout: TestTurnout;
  let segment: ReturnType<CustomerioServer['seedSegment']>;
  const people = new Map<string, ReturnType<CustomerioServer['seedPerson']>>();

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    customerio = await startCustomerioServer();
    segment = customerio.seedSegment({ id: 7, name: 'clicked' });
    customerio.seedSegment({ id: 8, name: "somebody else's" });
    turnout = await TestTurnout.start(database, customerio);
    await turnout.must('PUT', '/v1/segments/clicked', {
      rule: { performed: 'click', within: '1d' },
      push: { customerio: { segmentId: 7 } },
    });
    for (const id of ['ada', 'ben', 'cleo', 'zoe']) {
      people.set(id, customerio.seedPerson({ id, email: `${id}@example.com`, cio_id: `cio${id}` }));
    }
    for (const id of ['ada', 'ben', 'cleo']) await click(id);
    await turnout.settle();
  });

  afterEach(async () => {
    await turnout.stop();
    await customerio.stop();
    await database.drop();
  });

  async function click(id: string, at = T0): Promise<void> {
    const identifiers = { id, email: `${id}@example.com` };
    await turnout.send(customerioWebhook({ secret: SIGNING_KEY, at, identifiers }));
  }

  async function finished(): Promise<JsonObject> {
    for (;;) {
      const [run] = (await turnout.must('GET', RUNS)).reconciliations as JsonObject[];
      if (run?.finishedAt) return run;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async function reconcile(): Promise<JsonObject> {
    await turnout.must('POST', RUNS, {});
    const run = await finished();
    await turnout.settle();
    return run;
  }

  it('finds nothing where nothing drifted, and sends nothing', async () => {
    const before = customerio.membershipOperations().length;
    expect(await reconcile()).toMatchObject({ held: 3, missing: 0, extra: 0, strangers: 0, problem: null });
    expect(customerio.membershipOperations()).toHaveLength(before);
  });

  it('is asked for with no body at all, and its history is shown by segment', async () => {
    expect(await turnout.must('POST', RUNS)).toEqual({ requested: 1 });
    await finished();
    const of = async (segmentId: string) =>
      (await turnout.must('GET', `${RUNS}?segmentId=${segmentId}`)).reconciliations as JsonObject[];
    expect(await of('7')).toMatchObject([{ segmentId: '7', held: 3 }]);
    expect(await of('8')).toEqual([]);
  });

  it('adds who was taken out behind our back, and takes out who was put in', async () => {
    segment.members.delete(people.get('ada')!);
    segment.members.add(people.get('zoe')!); // of whom we know nothing yet
    await database.setClock(T0 + HOUR);
    await turnout.send(
      customerioWebhook({ secret: SIGNING_KEY, at: T0 + HOUR, metric: 'delivered', identifiers: { id: 'zoe' } }),
    );
    await turnout.settle();
    expect(await reconcile()).toMatchObject({ held: 3, missing: 1, extra: 1, strangers: 0 });
    expect(customerio.segmentMembers(7).sort()).toEqual(['ada', 'ben', 'cleo']);
    expect(await reconcile()).toMatchObject({ held: 3, missing: 0, extra: 0 });
  });

  it('tells why, as far as that is known', async () => {
    await turnout.send(customerioWebhook({ secret: SIGNING_KEY, at: T0, identifiers: { id: 'gone' } }));
    await turnout.settle(); // introduced there; nobody knows that it is deleted again
    customerio.refuse('zoe');
    await click('zoe');
    await turnout.settle();
    for (const id of ['ada', 'gone']) segment.members.delete(customerio.people().find((one) => one.id === id)!);
    segment.members.add(customerio.seedPerson({ id: 'stranger' }));
    const causes = async (): Promise<string[]> => {
      const run = await reconcile();
      const told = (run.causes as JsonObject[]).map(
        ({ side, cause, profiles, isRepaired }) => `${side} ${cause} ${profiles}${isRepaired ? '' : ' left'}`,
      );
      expect([run.missing, run.extra, run.strangers]).toEqual(
        ['missing', 'extra', 'stranger'].map((side) =>
          (run.causes as JsonObject[])
            .filter((one) => one.side === side && (one.isRepaired || side === 'stranger'))
            .reduce((sum, one) => sum + one.profiles, 0),
        ),
      );
      return told.sort();
    };
    expect(await causes()).toEqual(['missing refused 1 left', 'missing removed_there 2', 'stranger unknown 1 left']);
    // The repair was accepted; somebody takes one of them out each time.
    segment.members.delete(people.get('ada')!);
    expect(await causes()).toEqual(['missing not_kept 1', 'missing refused 1 left', 'stranger unknown 1 left']);
    expect(await causes()).toEqual(['missing refused 1 left', 'stranger unknown 1 left']);
    segment.members.delete(people.get('ada')!); // once more, but not in a row
    await database.pool.query(`UPDATE outbox SET due_at = 'infinity' WHERE failed_at IS NOT NULL`);
    await database.pool.query('UPDATE outbox SET failed_at = NULL');
    expect(await causes()).toEqual(['missing removed_there 1', 'missing waiting 1 left', 'stranger unknown 1 left']);
    await database.pool.query('UPDATE outbox SET due_at = NULL, failed_at = turnout_now() WHERE due_at IS NOT NULL');
    await turnout.must('DELETE', '/v1/profiles/customer_id:gone');
    await turnout.settle();
    const gone = customerio.seedPerson({ id: 'gone' });
    segment.members.add(gone); // imported there from elsewhere
    expect(await causes()).toEqual(['missing refused 1 left', 'stranger erased 1 left', 'stranger unknown 1 left']);
    await turnout.stop();
    await database.setClock(T0 + HOUR);
    turnout = await TestTurnout.start(database, customerio, { CUSTOMERIO_REGION: 'eu' });
    for (;;) {
      const { rows } = await database.pool.query('SELECT since FROM destination_accounts WHERE since IS NOT NULL');
      if (rows.length > 0) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    for (const id of ['ben', 'cleo']) segment.members.delete(people.get(id)!);
    expect(await causes()).toContain('missing account_changed 2');
    await database.setClock(T0 + 2 * HOUR);
    // Merged after what was said last; she was taken out there as another person.
    await turnout.send(
      customerioWebhook({
        secret: SIGNING_KEY,
        at: T0 + 2 * HOUR,
        metric: 'delivered',
        identifiers: { id: null, email: 'c@example.com' },
      }),
    );
    await turnout.send(
      customerioWebhook({
        secret: SIGNING_KEY,
        at: T0 + 2 * HOUR,
        metric: 'delivered',
        identifiers: { id: 'cleo', email: 'c@example.com' },
      }),
    );
    await turnout.settle();
    segment.members.delete(people.get('cleo')!);
    expect(await causes()).toContain('missing merged 1');
    segment.members.add(customerio.seedPerson({ id: 'dora' }));
    await turnout.send(
      customerioWebhook({ secret: SIGNING_KEY, at: T0 + 2 * HOUR, metric: 'delivered', identifiers: { id: 'dora' } }),
    );
    expect(await causes()).toContain('extra added_there 1');
  });

  it('takes out again who left, and was put back', async () => {
    await database.setClock(T0 + DAY);
    await turnout.settle();
    expect(customerio.segmentMembers(7)).toEqual([]);
    segment.members.add(people.get('ben')!);
    expect(await reconcile()).toMatchObject({ missing: 0, extra: 1 });
    expect(customerio.segmentMembers(7)).toEqual([]);
  });

  it('counts strangers, and leaves them alone', async () => {
    const stranger = customerio.seedPerson({ id: 'stranger' });
    segment.members.add(stranger);
    expect(await reconcile()).toMatchObject({ held: 4, missing: 0, extra: 0, strangers: 1 });
    expect(customerio.segmentMembers(7)).toContain('stranger');
  });

  it('knows whoever Customer.io names by email or cio_id alone', async () => {
    const nameless = customerio.seedPerson({ email: 'olga@example.com', cio_id: 'cio-olga' });
    await turnout.send(
      customerioWebhook({ secret: SIGNING_KEY, at: T0, identifiers: { id: null, email: 'Olga@Example.com' } }),
    );
    await turnout.settle();
    expect(customerio.segmentMembers(7)).toHaveLength(4);
    segment.members.delete(nameless);
    expect(await reconcile()).toMatchObject({ held: 3, missing: 1, extra: 0, strangers: 0 });
    expect(customerio.segmentMembers(7)).toHaveLength(4);
  });

  it('touches no segment that it does not own', async () => {
    await turnout.must('POST', RUNS, {});
    await finished();
    const read = customerio.requests().filter((one) => one.path.includes('/membership'));
    expect(new Set(read.map((one) => one.path.split('?')[0]))).toEqual(new Set(['/v1/segments/7/membership']));
    expect((await turnout.call('POST', RUNS, { segmentId: '8' })).status).toBe(404);
    expect((await turnout.call('POST', RUNS, { segmentId: 'a b' })).status).toBe(400);
    expect((await turnout.call('POST', '/v1/destinations/nowhere/reconciliations', {})).status).toBe(404);
  });

  it('says why it came to nothing, and changes nothing then', async () => {
    segment.members.delete(people.get('ada')!);
    customerio.faults.next(1, status(401));
    expect(await reconcile()).toMatchObject({ missing: null, problem: expect.stringContaining('401') });
    expect(customerio.segmentMembers(7).sort()).toEqual(['ben', 'cleo']);
  });

  it('waits its turn when Customer.io has enough, and goes on', async () => {
    customerio.faults.next(1, status(429, { 'Retry-After': '1' }));
    await turnout.must('POST', RUNS, {});
    let busyUntil: unknown;
    while (!busyUntil) {
      const { destinations } = await turnout.must('GET', '/v1/destinations');
      busyUntil = (destinations as JsonObject[])[0]!.gates.find((one: JsonObject) => one.family === 'app').busyUntil;
    }
    expect(busyUntil).toBe(new Date(T0 + 1_000).toISOString());
    await database.setClock(T0 + 1_000);
    expect(await finished()).toMatchObject({ held: 3, problem: null });
  });
});

describe('reconciliation by schedule', () => {
  it('compares each segment every so many hours, by the clock of the service', async () => {
    const database = await createTestDatabase();
    await database.setClock(T0);
    const customerio = await startCustomerioServer();
    customerio.seedSegment({ id: 7, name: 'clicked' });
    const turnout = await TestTurnout.start(database, customerio, { RECONCILE_INTERVAL_HOURS: '2' });
    try {
      const push = { customerio: { segmentId: 7 } };
      await turnout.must('PUT', '/v1/segments/clicked', { rule: { performed: 'click', within: '1d' }, push });
      const runs = async (): Promise<number> => {
        const all = (await turnout.must('GET', RUNS)).reconciliations as JsonObject[];
        return all.filter((one) => one.finishedAt !== null).length;
      };
      const until = async (number: number): Promise<void> => {
        while ((await runs()) < number) await new Promise((resolve) => setTimeout(resolve, 20));
      };
      await until(1);
      await database.setClock(T0 + 2 * HOUR - 1);
      await new Promise((resolve) => setTimeout(resolve, 600)); // three looks
      expect(await runs()).toBe(1);
      await database.setClock(T0 + 2 * HOUR);
      await until(2);
    } finally {
      await turnout.stop();
      await customerio.stop();
      await database.drop();
    }
  });
});
