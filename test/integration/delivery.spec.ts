import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { createLogger, NestLogger } from '../../src/platform/logger.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startCustomerioServer, type CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { status } from '../support/customerio-server/faults.js';
import { DAY, T0 } from '../support/builders.js';
import { settle, SIGNING_KEY, TestTurnout } from '../support/turnout.js';
import { customerioWebhook } from '../support/webhooks.js';

const LEASE_MS = 1_000;

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(5);
}

describe('delivery', () => {
  let database: TestDatabase;
  let customerio: CustomerioServer;
  let turnout: TestTurnout;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    customerio = await startCustomerioServer();
    customerio.seedSegment({ id: 7, name: 'clicked', type: 'manual' });
    turnout = await TestTurnout.start(database, customerio, { DELIVERY_MAX_ATTEMPTS: '3' });
    const push = { customerio: { segmentId: 7 } };
    await turnout.must('PUT', '/v1/segments/clicked', { rule: { performed: 'click', within: '1d' }, push });
  });

  afterEach(async () => {
    await turnout.stop();
    await customerio.stop();
    await database.drop();
  });

  async function click(id: string, at = T0): Promise<void> {
    customerio.seedPerson({ id, cio_id: `c${id}` });
    await turnout.send(customerioWebhook({ secret: SIGNING_KEY, at, identifiers: { id } }));
  }

  async function deadLetters(): Promise<Record<string, string>[]> {
    return (await turnout.must('GET', '/v1/outbox/dead-letters')).deadLetters as Record<string, string>[];
  }

  /** Lets time pass until what was put off is due. */
  async function wait(ms: number): Promise<void> {
    await database.setClock((await database.now()) + ms);
    await settle(database);
  }

  /** Without the question whether a published segment is there. */
  const sends = () => customerio.requests().filter(({ method }) => method === 'POST');

  it('sends many changes in few requests', async () => {
    await Promise.all(Array.from({ length: 60 }, (_, n) => click(`p${n}`)));
    await turnout.settle();
    expect(customerio.segmentMembers(7)).toHaveLength(60);
    // Nothing passes while they leave, one lane after the other.
    const gates = await database.pool.connect();
    await gates.query('BEGIN; SELECT FROM destination_gates FOR UPDATE');
    await database.setClock(T0 + DAY);
    await until(async () => (await database.pool.query('SELECT FROM memberships WHERE is_member')).rowCount === 0);
    await gates.query('COMMIT');
    gates.release();
    await turnout.settle();
    expect(customerio.segmentMembers(7)).toEqual([]);
    const removals = customerio.requests().filter((request) => request.path.includes('remove_customers'));
    expect(removals.length).toBeLessThan(20);
  });

  it('is logged where something was not accepted; what was, is for those who look closely', async () => {
    const log: Record<string, unknown>[] = [];
    const write = (line: string): void => void log.push(JSON.parse(line) as Record<string, unknown>);
    Logger.overrideLogger(new NestLogger(createLogger({ level: 'info' }, { write })));
    await click('1');
    await turnout.settle();
    expect(customerio.segmentMembers(7)).toEqual(['1']);
    expect(log).toEqual([]);
    customerio.faults.next(1, status(503));
    await click('2');
    await turnout.settle();
    expect(log).toMatchObject([{ msg: 'delivered', level: 'info', sent: 1, accepted: 0 }]);
  });

  it('tries again after what will pass, and no earlier than it is asked to', async () => {
    customerio.faults.next(1, status(503));
    customerio.faults.next(1, status(429, { 'Retry-After': '2' }));
    await click('1');
    await turnout.settle();
    expect(customerio.segmentMembers(7)).toEqual([]);
    await wait(2_000); // longer than the first backoff
    expect(sends()).toHaveLength(2);
    await wait(1_999);
    expect(sends()).toHaveLength(2);
    await wait(1);
    expect(customerio.segmentMembers(7)).toEqual(['1']);
    expect(sends()).toHaveLength(4); // made known, and added
  });

  it('keeps what is refused, visible, until somebody sends it again', async () => {
    customerio.faults.next(1, status(404));
    await click('1');
    await turnout.settle();
    const [letter] = await deadLetters();
    expect(letter).toMatchObject({
      destination: 'customerio',
      subject: 'segment:7',
      reason: expect.stringContaining('404'),
    });
    expect(await turnout.must('POST', `/v1/outbox/dead-letters/${letter!.id}/requeue`)).toEqual({ requeued: 1 });
    await turnout.settle();
    expect([await deadLetters(), customerio.segmentMembers(7)]).toEqual([[], ['1']]);
    expect((await turnout.call('POST', `/v1/outbox/dead-letters/nope/requeue`)).status).toBe(404);
  });

  it('gives up after the configured attempts, and sends only the latest state later', async () => {
    customerio.faults.next(3, status(500));
    await click('1');
    await turnout.settle();
    await wait(60_000);
    await wait(60_000);
    expect(await deadLetters()).toMatchObject([{ reason: expect.stringContaining('3 attempts') }]);
    await database.setClock(T0 + 2 * DAY);
    await turnout.settle();
    expect(await deadLetters()).toEqual([]);
    expect(customerio.membershipOperations(7).map((one) => one.operation)).toEqual(['remove']);
  });

  it('waits with everything while the credentials are refused, and needs nobody to send it again', async () => {
    customerio.faults.next(1, status(401));
    await click('1');
    await turnout.settle();
    expect(await deadLetters()).toEqual([]);
    await wait(60_000);
    expect(customerio.segmentMembers(7)).toEqual(['1']);
  });

  describe('dead letters', () => {
    const groups = async (query = '') => (await turnout.must('GET', `/v1/outbox/dead-letters/groups${query}`)).groups;
    const requeue = (filter: object) => turnout.must('POST', '/v1/outbox/dead-letters/requeue', filter);

    beforeEach(async () => {
      customerio.seedSegment({ id: 8, name: 'often' });
      const push = { customerio: { segmentId: 8 } };
      await turnout.must('PUT', '/v1/segments/often', { rule: { performed: 'click', within: '2d' }, push });
      for (const id of ['1', '2', '3']) customerio.refuse(id);
      for (const id of ['1', '2', '3']) await click(id);
      await turnout.settle();
      await database.setClock(T0 + 1_000);
      await turnout.send(
        customerioWebhook({
          secret: SIGNING_KEY,
          at: T0,
          objectType: 'sms',
          identifiers: {},
          data: { recipient: '+4917012345678' },
        }),
      );
      await turnout.settle();
    });

    it('are grouped by their reason, with how many there are and which segments', async () => {
      expect(await groups()).toEqual([
        {
          destination: 'customerio',
          reason: 'Customer.io refused it: invalid, identifiers, [id] is refused',
          count: 6,
          segments: ['clicked', 'often'],
          firstAt: new Date(T0).toISOString(),
          lastAt: new Date(T0).toISOString(),
          samples: [expect.any(String), expect.any(String), expect.any(String)],
        },
        expect.objectContaining({ reason: expect.stringContaining('no identifier'), count: 2 }),
      ]);
      expect(await groups('?segment=often')).toMatchObject([{ count: 3, segments: ['often'] }, { count: 1 }]);
      expect(await groups('?segment=nope')).toEqual([]);
    });

    it('are sent again by reason, by segment and by time', async () => {
      const at = (ms: number) => new Date(T0 + ms).toISOString();
      expect(await requeue({ to: at(0) })).toEqual({ requeued: 0 });
      expect(
        await requeue({ segment: 'often', reason: 'Customer.io refused it: invalid, identifiers, [id] is refused' }),
      ).toEqual({
        requeued: 3,
      });
      await turnout.settle();
      expect(await groups()).toMatchObject([{ count: 6 }, { count: 2 }]); // refused as before
      expect(await requeue({ from: at(1), to: at(1_000) })).toEqual({ requeued: 0 });
      expect(await requeue({ from: at(1_000), to: at(1_001) })).toEqual({ requeued: 5 });
      await turnout.settle();
      expect(await requeue({ destination: 'customerio' })).toEqual({ requeued: 8 });
      expect((await turnout.call('POST', '/v1/outbox/dead-letters/requeue', { from: 'monday' })).status).toBe(400);
    });
  });

  it('lets go of what can never be taken, such as those who leave a segment that was deleted there', async () => {
    await click('1');
    await click('2');
    await turnout.settle();
    customerio.deleteSegment(customerio.segment(7)!);
    await turnout.must('PUT', '/v1/segments/clicked', { rule: { performed: 'click', within: '1d' } });
    await turnout.settle();
    const reason = 'Customer.io answered 400: segment not found';
    const left = (await deadLetters()) as { id: string; reason: string }[];
    expect(left.map((one) => one.reason)).toEqual([reason, reason]);
    const discard = (filter: object) => turnout.call('POST', '/v1/outbox/dead-letters/discard', filter);
    for (const nothing of [{}, { reason: null }]) {
      expect(await discard(nothing)).toMatchObject({
        status: 400,
        body: { errors: [{ detail: 'nothing says which are meant', expected: expect.stringContaining('reason') }] },
      });
    }
    expect(await turnout.must('POST', `/v1/outbox/dead-letters/${left[0]!.id}/discard`)).toEqual({ discarded: 1 });
    expect((await discard({ reason })).body).toEqual({ discarded: 1 });
    expect((await turnout.call('POST', `/v1/outbox/dead-letters/${left[0]!.id}/discard`)).status).toBe(404);
    expect(await deadLetters()).toEqual([]);
    // Whoever comes to be a member again is told of as ever.
    customerio.seedSegment({ id: 7, name: 'again' });
    const push = { customerio: { segmentId: 7 } };
    await turnout.must('PUT', '/v1/segments/clicked', { rule: { performed: 'click', within: '1d' }, push });
    await turnout.settle();
    expect(customerio.segmentMembers(7).sort()).toEqual(['1', '2']);
  });

  it('tells of a segment in another way once that is chosen, and takes back the first', async () => {
    await click('1');
    await turnout.settle();
    const rule = { performed: 'click', within: '1d' };
    let warnings: string[] = [];
    const as = async (push: object) => {
      const shown = await turnout.must('PUT', '/v1/segments/clicked', { rule, push: { customerio: push } });
      await turnout.settle();
      warnings = shown.warnings as string[];
      return shown.push as unknown;
    };
    expect(await as({ as: 'attribute' })).toEqual({ customerio: { as: 'attribute', segmentId: 'turnout_clicked' } });
    expect([customerio.segmentMembers(7), customerio.people()[0]!.attributes]).toEqual([[], { turnout_clicked: true }]);
    expect(await as({ as: 'event' })).toEqual({ customerio: { as: 'event', segmentId: 'clicked' } });
    expect(customerio.people()[0]!.attributes).toEqual({ turnout_clicked: false });
    expect(warnings).toEqual([
      'it is no longer pushed to attribute turnout_clicked of customerio: whoever is a member leaves there',
    ]);
    expect(customerio.events()).toMatchObject([{ name: 'turnout_segment_entered', data: { segment: 'clicked' } }]);
    expect(await as({ segmentId: 7 })).toEqual({ customerio: { segmentId: '7' } });
    expect(customerio.segmentMembers(7)).toEqual(['1']);
    const wrong = { rule, push: { customerio: { as: 'tag' } } };
    expect((await turnout.call('PUT', '/v1/segments/clicked', wrong)).status).toBe(400);
    expect((await turnout.call('POST', '/v1/destinations/customerio/reconciliations', {})).body).toEqual({
      requested: 1,
    });
  });

  it('keeps people whom Customer.io can’t know as dead letters, not as silence', async () => {
    const identifiers = {};
    const data = { recipient: '+4917012345678' };
    await turnout.send(customerioWebhook({ secret: SIGNING_KEY, at: T0, objectType: 'sms', identifiers, data }));
    await turnout.settle();
    expect(await deadLetters()).toHaveLength(1);
  });

  it('sends nothing of what another worker may have claimed while this one waited for its turn', async () => {
    await turnout.stop();
    const quick = { DELIVERY_LEASE_MS: String(LEASE_MS), DELIVERY_TIMEOUT_MS: '100' };
    turnout = await TestTurnout.start(database, customerio, quick);
    await click('1');
    await turnout.settle();
    const sent = sends().length;
    const { pool } = database;
    const passed = async (): Promise<string> => {
      const { rows } = await pool.query<{ at: string }>(
        `SELECT string_agg(next_at || family, ' ') AS at FROM destination_gates WHERE leases = '{}'`,
      );
      return rows[0]!.at;
    };
    const before = await passed();
    const gates = await pool.connect();
    await gates.query('BEGIN; SELECT FROM destination_gates FOR UPDATE');
    const claims = async () => (await pool.query('SELECT FROM outbox WHERE claim IS NOT NULL')).rowCount;
    await click('2');
    await until(async () => (await claims()) === 1);
    await sleep(LEASE_MS);
    await pool.query(
      "UPDATE outbox SET claim = gen_random_uuid(), claimed_until = claimed_until + interval '1 hour' WHERE claim IS NOT NULL",
    );
    await database.setClock(T0 + 60_000); // the gate has room
    await gates.query('COMMIT');
    gates.release();
    await until(async () => ![before, null].includes(await passed()));
    expect(sends()).toHaveLength(sent);
    expect(await claims()).toBe(1); // the other one's
  });
});
