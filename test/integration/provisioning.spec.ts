import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startCustomerioServer, type CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { resetAfter, slow, status } from '../support/customerio-server/faults.js';
import { HOUR, T0 } from '../support/builders.js';
import { SIGNING_KEY, TestTurnout, type JsonObject } from '../support/turnout.js';
import { customerioWebhook } from '../support/webhooks.js';

const CLICKED = { performed: 'click', within: '30d' };
const MARK = expect.stringMatching(/turnout:segment=vip$/);

describe('segments that are made at the destination', () => {
  let database: TestDatabase;
  let customerio: CustomerioServer;
  let turnout: TestTurnout;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    customerio = await startCustomerioServer();
    customerio.seedSegment({ id: 7, name: 'by hand' });
    turnout = await TestTurnout.start(database, customerio);
    for (const id of ['ada', 'ben']) customerio.seedPerson({ id });
  });

  afterEach(async () => {
    await turnout.stop();
    await customerio.stop();
    await database.drop();
  });

  const publish = (key: string, push: object) =>
    turnout.must('PUT', `/v1/segments/${key}`, { rule: CLICKED, push: { customerio: push } });
  const click = (id: string) =>
    turnout.send(customerioWebhook({ secret: SIGNING_KEY, at: T0, identifiers: { id } })).then(() => turnout.settle());
  const named = (name: string) => customerio.segments().filter((one) => one.name === name);
  const membersOf = (name: string) => named(name).map(({ id }) => customerio.segmentMembers(id).sort());

  /** How the segment stands, once that is as it is looked for. */
  async function standing(expected: object, key = 'vip'): Promise<JsonObject> {
    const deadline = performance.now() + 20_000;
    for (;;) {
      const { provisioning } = await turnout.must('GET', `/v1/segments/${key}`);
      const own = (provisioning as JsonObject).customerio as JsonObject;
      try {
        expect(own).toMatchObject(expected);
        return own;
      } catch (error) {
        if (performance.now() > deadline) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  it('are warned of where one is named by a number that is not there, or can not be set', async () => {
    customerio.seedSegment({ id: 8, name: 'Computed', type: 'dynamic' });
    const warned = async (key: string, segmentId: number) =>
      ((await publish(key, { segmentId })).warnings as string[]).filter((one) => one.includes('Customer.io'));
    expect(await warned('a', 999)).toEqual([expect.stringContaining('Customer.io has no segment 999')]);
    expect(await warned('b', 8)).toEqual([
      expect.stringContaining('segment 8 ("Computed") of Customer.io is data-driven'),
    ]);
    expect(await warned('c', 7)).toEqual([]);
    // It is published all the same, and so where Customer.io does not say.
    customerio.faults.random(1, 1, [status(500)]);
    expect(await warned('d', 998)).toEqual([]);
    customerio.faults.clear();
    await turnout.must('PUT', '/v1/segments/a/draft', { rule: CLICKED, push: { customerio: { segmentId: 997 } } });
    const { warnings } = await turnout.must('POST', '/v1/segments/a/publish', { force: true });
    expect(warnings).toContainEqual(expect.stringContaining('Customer.io has no segment 997'));
    const rolled = await turnout.must('POST', '/v1/segments/a/rollback', { version: 1 });
    expect(rolled.warnings).toContainEqual(expect.stringContaining('Customer.io has no segment 999'));
  });

  it('are made once and marked, and hold the members from then on', async () => {
    expect(await publish('vip', { name: 'VIPs' })).toMatchObject({
      push: { customerio: { segmentId: 'vip', name: 'VIPs' } },
    });
    const { externalId } = await standing({ state: 'ready', origin: 'made', problem: null });
    await click('ada');
    expect(named('VIPs')).toMatchObject([{ id: Number(externalId), description: MARK }]);
    expect(membersOf('VIPs')).toEqual([['ada']]);
    await publish('vip', { name: 'VIPs' });
    const runs = '/v1/destinations/customerio/reconciliations';
    named('VIPs')[0]!.members.clear();
    expect(await turnout.must('POST', runs, { segmentId: 'vip' })).toEqual({ requested: 1 });
    while (membersOf('VIPs')[0]!.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await turnout.must('GET', runs)).reconciliations).toMatchObject([
      { segmentId: 'vip', held: 0, missing: 1 },
    ]);
    const byNumber = { rule: CLICKED, push: { customerio: { segmentId: externalId as string } } };
    expect(await turnout.call('PUT', '/v1/segments/gold', byNumber)).toMatchObject({
      status: 400,
      body: { errors: [{ detail: `segment ${externalId} is the one that Turnout keeps as "vip"` }] },
    });
    const useless = { rule: CLICKED, push: { customerio: { as: 'event', adopt: true } } };
    expect(await turnout.call('PUT', '/v1/segments/gold', useless)).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/push/customerio/adopt' }] },
    });
    expect(customerio.segments()).toHaveLength(2);
  });

  it('keep their pushes waiting until they are made, and nobody else’s', async () => {
    await turnout.stop();
    turnout = await TestTurnout.start(database, customerio, { CUSTOMERIO_APP_API_KEY: 'mistyped' });
    await publish('other', { segmentId: 7 });
    await publish('vip', {});
    await click('ada');
    expect(customerio.segmentMembers(7)).toEqual(['ada']);
    await standing({ state: 'pending', externalId: null, problem: expect.stringMatching(/answered 401/) });
    const { rows } = await database.pool.query('SELECT subject FROM outbox WHERE due_at IS NOT NULL');
    expect(rows).toEqual([{ subject: 'segment:vip' }]);
    await turnout.stop();
    await database.setClock(T0 + HOUR);
    turnout = await TestTurnout.start(database, customerio);
    await standing({ state: 'ready', problem: null });
    await turnout.settle();
    expect(membersOf('vip')).toEqual([['ada']]);
  });

  it('are never another’s of that name, unless that is to be adopted; then it stays when ours goes', async () => {
    const foreign = customerio.seedSegment({ id: 9, name: 'VIPs', description: 'by the sales team' });
    foreign.members.add(customerio.seedPerson({ id: 'zoe' }));
    await publish('vip', { name: 'VIPs' });
    await click('ada');
    const { problem } = await standing({ state: 'failed' });
    expect(problem).toMatch(/there is a segment "VIPs" \(9\) that Turnout did not make: publish it with "adopt": true/);
    expect(customerio.membershipOperations()).toEqual([]);
    await publish('vip', { name: 'VIPs', adopt: true });
    await standing({ state: 'ready', externalId: '9', origin: 'adopted' });
    await turnout.settle();
    expect(customerio.segmentMembers(9)).toEqual(['zoe', 'ada']);
    await publish('gold', { name: 'VIPs', adopt: true });
    expect((await standing({ state: 'failed' }, 'gold')).problem).toMatch(/that of "vip"/);
    await turnout.must('DELETE', '/v1/segments/vip');
    await turnout.settle();
    expect([customerio.segmentMembers(9), customerio.segment(9)]).toMatchObject([
      ['zoe'],
      { description: 'by the sales team' },
    ]);
    expect(
      customerio.requests().filter((one) => one.method === 'DELETE' || one.path.startsWith('/v1/segments/')),
    ).toEqual([]);
  });

  it('are one, also where a process ends between making and remembering, answers are lost and two processes race', async () => {
    // As after kill -9: nothing that follows the making is written.
    await database.pool.query(`
      CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'killed'; END $$;
      CREATE TRIGGER die BEFORE UPDATE ON provisioned_segments FOR EACH ROW WHEN (NEW.state = 'ready') EXECUTE FUNCTION die()`);
    const other = await TestTurnout.start(database, customerio);
    try {
      await publish('vip', {});
      while (named('vip').length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      await click('ada');
      expect(membersOf('vip')).toEqual([[]]);
      await database.pool.query('DROP TRIGGER die ON provisioned_segments');
      await database.setClock(T0 + HOUR);
      await standing({ state: 'ready', origin: 'made' });
      await turnout.settle();
      expect(membersOf('vip')).toEqual([['ada']]);
      customerio.faults.next(1, slow(0));
      customerio.faults.next(1, resetAfter);
      customerio.faults.next(1, status(500));
      await publish('gold', {});
      while (named('gold').length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      for (let hours = 2; hours < 4; hours++) {
        await standing({ state: 'pending' }, 'gold');
        await database.setClock(T0 + hours * HOUR);
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
      await database.setClock(T0 + 5 * HOUR);
      await standing({ state: 'ready', origin: 'made' }, 'gold');
      await turnout.settle();
      expect(membersOf('gold')).toEqual([['ada']]);
    } finally {
      await other.stop();
    }
    expect([named('vip'), named('gold')].map((one) => one.length)).toEqual([1, 1]);
  });

  it('are made anew where they were deleted there, with all members, once the segment is published again', async () => {
    await publish('vip', {});
    await click('ada');
    await click('ben');
    await standing({ state: 'ready' });
    await turnout.settle();
    const [first] = named('vip');
    customerio.deleteSegment(first!);
    customerio.seedSegment({ id: 20, name: 'another' });
    await publish('vip', {});
    await standing({ state: 'ready', externalId: '21' });
    await turnout.settle();
    expect(membersOf('vip')).toEqual([['ada', 'ben']]);
    expect(customerio.segmentMembers(20)).toEqual([]);
  });

  it('waits for a destination that is not configured, and says so', async () => {
    const without = await TestTurnout.start(database);
    const push = { customerio: { segmentId: 7 } };
    const { warnings } = await without.must('PUT', '/v1/segments/early', { rule: { performed: 'click' }, push });
    expect(warnings).toContainEqual(
      expect.stringMatching(/^"customerio" is not configured yet: what is owed to it waits/),
    );
    await without.stop();
  });
});
