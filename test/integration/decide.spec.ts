import { DAY, T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startCustomerioServer, type CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { JourneyClient, personOf } from '../support/journey.js';
import { TestTurnout } from '../support/turnout.js';

const CLICKED = { performed: 'click', within: '30d' };
const ABANDONED = { performed: 'click', notFollowedBy: { performed: 'purchase', within: '3d' } };

describe('deciding', () => {
  let database: TestDatabase;
  let customerio: CustomerioServer;
  let turnout: TestTurnout;
  let journey: JourneyClient;
  let person = 0;

  /** Somebody new, whom Customer.io knows, who has clicked just now. */
  async function somebody(): Promise<number> {
    person += 1;
    customerio.seedPerson(personOf(person));
    await journey.click(person, await database.now());
    return person;
  }

  const told = (id: number) =>
    customerio.events('turnout_branch_decided').filter((event) => event.person === String(id));

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    customerio = await startCustomerioServer();
    turnout = await TestTurnout.start(database, customerio);
    journey = new JourneyClient(turnout, 'welcome');
    await turnout.must('PUT', '/v1/sources/shopify/history', {
      startsAt: '2020-01-01T00:00:00Z',
      eventNames: ['purchase', 'order_cancelled', 'order_refunded'],
    });
    const branches = [{ key: 'clicked', rule: CLICKED }];
    await journey.declare({
      plain: { branches, default: 'rest' },
      waiting: { branches: [{ key: 'friction', rule: ABANDONED }], default: 'rest', whenPending: 'wait' },
      unknown: { branches, default: 'rest', whenUnknown: { branch: 'clicked' } },
      newcomers: {
        branches: [{ key: 'never-bought', rule: { performed: 'purchase', count: { exactly: 0 }, within: '30d' } }],
        default: 'rest',
        whenUnknown: 'evaluate',
      },
      held: {
        branches: [{ key: 'buyer', rule: { performed: 'purchase', within: '30d' } }],
        default: 'rest',
        whenStale: { limits: { shopify: '6h' } },
      },
      defaulted: {
        branches: [
          { key: 'clicked', rule: { performed: 'click', within: '1h' } },
          { key: 'buyer', rule: { performed: 'purchase', within: '30d' } },
        ],
        default: 'rest',
        whenStale: { limits: { shopify: '6h' }, then: 'default' },
      },
    });
  });

  afterAll(async () => {
    await turnout.stop();
    await customerio.stop();
    await database.drop();
  });

  describe('for a run of a journey', () => {
    it('answers the same again, whatever has become true since', async () => {
      const id = 900;
      const first = await journey.decide('plain', id, { journey_run_id: 'run-1' });
      expect(first).toMatchObject({ branch: 'rest', reason: 'DEFAULT', error_code: 'PROFILE_UNKNOWN' });
      await journey.click(id, T0);
      const again = await journey.decide('plain', id, { journey_run_id: 'run-1' });
      expect(again).toMatchObject({ branch: 'rest', reason: 'CACHED', first_reason: 'DEFAULT' });
      expect(again.decision_id).toBe(first.decision_id);
      expect(await journey.decide('plain', id, { journey_run_id: 'run-2' })).toMatchObject({ branch: 'clicked' });
      expect(await journey.decide('unknown', id, { journey_run_id: 'run-1' })).toMatchObject({ branch: 'clicked' });
    });

    it('knows the same profile by other identifiers, and refuses another', async () => {
      const id = await somebody();
      const { decision_id: first } = await journey.decide('plain', id, { journey_run_id: 'run-3' });
      const other = { identifiers: { email: personOf(id).email }, journey_run_id: 'run-3' };
      expect(await journey.ask('plain', other)).toMatchObject({ status: 200, body: { decision_id: first } });
      const stranger = { identifiers: { customer_id: await somebody() }, journey_run_id: 'run-3' };
      expect(await journey.ask('plain', stranger)).toMatchObject({
        status: 409,
        body: {
          detail: expect.stringMatching(/^This journey_run_id was used before, for somebody else\..* send an id/),
        },
      });
    });

    it('gives one decision to many who ask at once, and tells of it once', async () => {
      const id = await somebody();
      const asked = Array.from({ length: 12 }, () => journey.decide('plain', id, { journey_run_id: 'run-4' }));
      const answers = await Promise.all(asked);
      expect(new Set(answers.map((one) => one.decision_id as string)).size).toBe(1);
      expect(answers.filter((one) => one.reason !== 'CACHED')).toHaveLength(1);
      await turnout.settle();
      expect(told(id)).toHaveLength(1);
    });
  });

  it('a request with an idempotency key is answered the same; another body under it is refused', async () => {
    const id = await somebody();
    const body = { identifiers: { customer_id: id } };
    const first = await journey.ask('plain', body, { key: 'k1' });
    expect(first).toMatchObject({ status: 200, body: { reason: 'TARGETING_MATCH' } });
    const again = await journey.ask('plain', body, { key: 'k1' });
    expect(again).toMatchObject({ status: 200, body: { reason: 'CACHED', decision_id: first.body.decision_id } });
    const email = { identifiers: { email: personOf(id).email } };
    expect(await journey.ask('plain', email, { key: 'k1' })).toMatchObject({ status: 409 });
    expect(await journey.ask('plain', { ...body, journey_run_id: 'run-5' }, { key: 'k1' })).toMatchObject({
      status: 409,
    });
    expect((await journey.ask('plain', { ...body, journey_run_id: 'run-5' })).body.reason).toBe('TARGETING_MATCH');
  });

  it('a dry run leaves nothing behind', async () => {
    const id = await somebody();
    const answer = await journey.decide('plain', id, { journey_run_id: 'run-6' }, '?dry_run=true');
    expect(answer).toMatchObject({ branch: 'clicked', decision_id: null });
    expect(await journey.decide('plain', id, { journey_run_id: 'run-6' })).toMatchObject({ reason: 'TARGETING_MATCH' });
    await turnout.settle();
    expect(told(id)).toHaveLength(1);
  });

  it('explains itself in English', async () => {
    const answer = await journey.decide('plain', await somebody(), {}, '?explain=true');
    expect(answer.because).toMatchObject([
      {
        branch: 'clicked',
        because: { condition: 'did "click" in the last 30 days', value: 'true', evidence: [expect.any(String)] },
      },
    ]);
  });

  it('answers many at once in their order, each problem in its place', async () => {
    const id = await somebody();
    await journey.decide('plain', id, { journey_run_id: 'run-7' });
    const { decisions } = (await turnout.must('POST', '/v1/journeys/welcome/branch-points/plain/decide/batch', {
      profiles: [
        { identifiers: { customer_id: 'nobody' } },
        { identifiers: { customer_id: id } },
        { identifiers: { customer_id: id }, journey_run_id: 'run-7' },
        { identifiers: { customer_id: 'nobody' }, journey_run_id: 'run-7' },
      ],
    })) as { decisions: unknown[] };
    expect(decisions).toMatchObject([
      { branch: 'rest', error_code: 'PROFILE_UNKNOWN' },
      { branch: 'clicked', reason: 'TARGETING_MATCH' },
      { branch: 'clicked', reason: 'CACHED' },
      { branch: null, status: 'error', reason: 'ERROR', error_code: 'CONFLICT' },
    ]);
  });

  it('refuses rubbish with every problem', async () => {
    const wrong = { identifiers: { shoe: 1 }, journey_run_id: 'x'.repeat(201), more: 1 };
    const one = await journey.ask('plain', wrong);
    expect((one.body.errors as { pointer: string }[]).map((error) => error.pointer).sort()).toEqual([
      '/identifiers/shoe',
      '/journey_run_id',
      '/more',
    ]);
    const batch = '/v1/journeys/welcome/branch-points/plain/decide/batch';
    const many = await turnout.call('POST', batch, { profiles: [{}, { identifiers: { customer_id: 1 } }, 7] });
    expect((many.body.errors as { pointer: string }[]).map((error) => error.pointer)).toEqual([
      '/profiles/0/identifiers',
      '/profiles/2',
    ]);
    expect((await turnout.call('POST', batch, { profiles: [] })).status).toBe(400);
    expect((await journey.ask('plain', { identifiers: { customer_id: 1 } }, { query: '?explain=yes' })).status).toBe(
      400,
    );
    expect((await journey.ask('nope', { identifiers: { customer_id: 1 } })).status).toBe(404);
  });

  it('somebody unknown is answered as the branch point says', async () => {
    expect(await journey.decide('unknown', 999)).toMatchObject({ branch: 'clicked', error_code: 'PROFILE_UNKNOWN' });
    expect(await journey.decide('newcomers', 999)).toMatchObject({
      branch: 'never-bought',
      reason: 'TARGETING_MATCH',
      error_code: 'PROFILE_UNKNOWN',
    });
  });

  describe('an open decision', () => {
    it('settles by itself at the very instant it was due, and is told once', async () => {
      const from = await database.now();
      const id = await somebody();
      const first = await journey.decide('waiting', id, { journey_run_id: 'run-8' });
      const settlesAt = from + 3 * DAY;
      expect(first).toMatchObject({ branch: null, status: 'pending', settles_at: new Date(settlesAt).toISOString() });
      await turnout.settle();
      await database.setClock(settlesAt - 1);
      await turnout.settle();
      expect(await journey.decide('waiting', id, { journey_run_id: 'run-8' })).toMatchObject({
        branch: null,
        reason: 'CACHED',
      });
      expect(told(id)).toEqual([]);
      await database.setClock(settlesAt + 5);
      await turnout.settle();
      expect(told(id)).toMatchObject([
        { id: first.decision_id, data: { branch: 'friction', as_of: new Date(settlesAt).toISOString() } },
      ]);
      expect(await journey.decide('waiting', id, { journey_run_id: 'run-8' })).toMatchObject({
        branch: 'friction',
        reason: 'CACHED',
      });
      const logged = await turnout.must('GET', `/v1/decisions/${first.decision_id as string}`);
      expect(logged).toMatchObject({ branch: 'friction', first: { branch: null, reason: 'PENDING' } });
    });

    it('is settled by an event before its time, and by nothing twice', async () => {
      const id = await somebody();
      const first = await journey.decide('waiting', id);
      await turnout.settle();
      expect(told(id)).toEqual([]);
      await journey.order('orders/create', id, await database.now());
      await turnout.settle();
      expect(told(id)).toMatchObject([{ id: first.decision_id, data: { branch: 'rest', reason: 'DEFAULT' } }]);
      await database.setClock((await database.now()) + 4 * DAY);
      await turnout.settle();
      expect(told(id)).toHaveLength(1);
    });

    it('settles once though several workers are at it at once, and whoever asks', async () => {
      const other = await TestTurnout.start(database, customerio);
      const from = Math.ceil((await database.now()) / 1_000) * 1_000;
      await database.setClock(from);
      const people: number[] = [];
      for (let n = 0; n < 15; n++) people.push(await somebody());
      const asked = new Map<number, string>();
      for (const id of people) {
        const { decision_id } = await journey.decide('waiting', id, { journey_run_id: `many-${id}` });
        asked.set(id, decision_id as string);
      }
      await turnout.settle();
      await database.setClock(from + 3 * DAY);
      const clients = [turnout, other].map((one) => new JourneyClient(one, 'welcome'));
      await Promise.all(people.map((id, n) => clients[n % 2]!.decide('waiting', id, { journey_run_id: `many-${id}` })));
      await turnout.settle();
      await other.stop();
      for (const [id, decisionId] of asked) {
        expect(told(id)).toMatchObject([{ id: decisionId, data: { branch: 'friction' } }]);
      }
      const { rows } = await database.pool.query(
        `SELECT FROM decisions WHERE id = ANY($1) AND branch = 'friction' AND as_of = $2`,
        [[...asked.values()], new Date(from + 3 * DAY)],
      );
      expect(rows).toHaveLength(people.length);
    });

    it('settles by the rules it was asked under, though the journey has changed', async () => {
      const other = new JourneyClient(turnout, 'changing');
      const point = (key: string) => ({ branches: [{ key, rule: ABANDONED }], default: 'rest', whenPending: 'wait' });
      await other.declare({ fork: point('old') });
      const id = await somebody();
      await other.decide('fork', id);
      await other.declare({ fork: point('new') });
      await database.setClock((await database.now()) + 3 * DAY);
      await turnout.settle();
      expect(told(id)).toMatchObject([{ data: { branch: 'old', journey_version: 1 } }]);
    });
  });

  describe('a source that lags', () => {
    it('holds the decision at the limit, not before, and settles it when the source is heard of again', async () => {
      const id = await somebody();
      await journey.order('orders/create', await somebody(), await database.now());
      const heard = await database.now();
      await database.setClock(heard + DAY / 4);
      expect(await journey.decide('held', id)).toMatchObject({ branch: 'rest', reason: 'DEFAULT' });
      await database.setClock(heard + DAY / 4 + 1);
      const held = await journey.decide('held', id);
      expect(held).toMatchObject({ branch: null, status: 'held', reason: 'STALE' });
      expect(held).not.toHaveProperty('freshness');
      const explained = await journey.decide('held', id, {}, '?explain=true&dry_run=true');
      const heardAt = new Date(heard).toISOString();
      expect(explained.freshness).toEqual([{ source: 'shopify', heardAt, isStale: true }]);
      await turnout.settle();
      await journey.order('orders/create', id, heard + 1_000);
      await turnout.settle();
      expect(told(id).at(-1)).toMatchObject({ id: held.decision_id, data: { branch: 'buyer' } });
      const logged = await turnout.must('GET', `/v1/decisions/${held.decision_id as string}`);
      expect(logged.first).toMatchObject({ reason: 'STALE', freshness: [{ source: 'shopify', isStale: true }] });
    });

    it('sends to the default, marked, where that is declared; branches that do not rest on it are still asked', async () => {
      await database.setClock((await database.now()) + DAY);
      const stale = { branch: 'rest', reason: 'STALE', status: 'decided' };
      expect(await journey.decide('defaulted', 1)).toMatchObject(stale);
      expect(await journey.decide('defaulted', await somebody())).toMatchObject({ branch: 'clicked' });
    });
  });
});
