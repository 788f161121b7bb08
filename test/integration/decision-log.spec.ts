import { Cleaner } from '../../src/retention/cleaner.js';
import { DAY, HOUR, RETENTION, T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { JourneyClient, personOf } from '../support/journey.js';
import { SIGNING_KEY, TestTurnout, type JsonObject } from '../support/turnout.js';
import { customerioWebhook } from '../support/webhooks.js';

const BUYER = { key: 'buyer', rule: { performed: 'purchase', within: '30d' } };
const ABANDONED = { performed: 'click', notFollowedBy: { performed: 'purchase', within: '3d' } };

describe('the log of decisions', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;
  let journey: JourneyClient;
  let person = 0;

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database);
    journey = new JourneyClient(turnout, 'welcome');
    await turnout.must('PUT', '/v1/sources/shopify/history', {
      startsAt: '2020-01-01T00:00:00Z',
      eventNames: ['purchase', 'order_cancelled', 'order_refunded'],
    });
    await turnout.must('PUT', '/v1/segments/clickers', { rule: { performed: 'click', within: '30d' } });
    await journey.declare({
      bought: { branches: [BUYER], default: 'rest', push: false },
      clicked: { branches: [{ key: 'yes', segment: 'clickers' }], default: 'no', push: false },
      waiting: { branches: [{ key: 'friction', rule: ABANDONED }], default: 'rest', whenPending: 'wait', push: false },
      newcomers: {
        branches: [
          {
            key: 'new',
            rule: { performed: 'purchase', count: { exactly: 0 }, within: '30d' },
            split: { arms: [{ key: 'a', percentage: 50 }] },
          },
        ],
        default: 'rest',
        whenUnknown: 'evaluate',
        push: false,
      },
    });
  });

  afterAll(async () => {
    await turnout.stop();
    await database.drop();
  });

  async function somebody(): Promise<number> {
    person += 1;
    await journey.click(person, await database.now());
    return person;
  }

  const logged = (decision: JsonObject) => turnout.must('GET', `/v1/decisions/${decision.decision_id as string}`);

  const replay = (decision: JsonObject) =>
    turnout.must('POST', `/v1/decisions/${decision.decision_id as string}/replay`);

  const ids = async (query: string) => {
    const { decisions } = await turnout.must('GET', `/v1/decisions?${query}`);
    return (decisions as { id: string }[]).map((one) => one.id);
  };

  it('is found by journey, branch point, branch, profile, run and time, newest first, page by page', async () => {
    const [one, other] = [await somebody(), await somebody()];
    const start = await database.now();
    const first = await journey.decide('clicked', one, { journey_run_id: 'r1' });
    await database.setClock(start + 1);
    const second = await journey.decide('clicked', other);
    await database.setClock(start + 2);
    const third = await journey.decide('bought', one);
    const found = [third, second, first].map((answer) => answer.decision_id as string);
    const since = `from=${new Date(start).toISOString()}`;
    expect(await ids(`journey=welcome&${since}`)).toEqual(found);
    expect(await ids(`branch_point=clicked&branch=yes&${since}`)).toEqual([found[1], found[2]]);
    expect(await ids(`profile=customer_id:${one}`)).toEqual([found[0], found[2]]);
    expect(await ids('journey_run_id=r1')).toEqual([found[2]]);
    const [from, to] = [start + 1, start + 2].map((at) => new Date(at).toISOString());
    expect(await ids(`from=${from}&to=${to}`)).toEqual([found[1]]);
    const page = await turnout.must('GET', `/v1/decisions?${since}&limit=2`);
    expect(page.decisions).toHaveLength(2);
    expect(await ids(`${since}&limit=2&after=${page.next as string}`)).toEqual([found[2]]);
    expect(await ids('profile=customer_id:nobody')).toEqual([]);
    expect((await turnout.call('GET', '/v1/decisions?from=yesterday&nope=1')).status).toBe(400);
  });

  it('shows evidence, rule versions, what was known, and how fresh what it needs was', async () => {
    const id = await somebody();
    const heardAt = new Date(await database.now()).toISOString();
    await database.setClock((await database.now()) + 1_000);
    const decision = await logged(await journey.decide('clicked', id));
    expect(decision).toMatchObject({
      freshness: [{ source: 'customerio', heardAt, isStale: false }],
      branch: 'yes',
      matched: true,
      matchedBranch: 'yes',
      reason: 'TARGETING_MATCH',
      journeyVersion: 1,
      evidence: [expect.stringMatching(/^[0-9a-f-]{36}$/)],
      restedOn: { rules: expect.any(String) as unknown, knownSeq: expect.any(Number) as unknown },
    });
  });

  it('names the versions of the segments that it rests on, also when there are newer ones', async () => {
    const versionsOf = async (decision: JsonObject) => (await logged(decision)).restedOn.segments as unknown;
    await turnout.must('PUT', '/v1/segments/keen', { rule: { performed: 'click', count: { atLeast: 2 } } });
    await turnout.must('PUT', '/v1/segments/known', { rule: { any: [{ segment: 'keen' }, { attribute: 'vip', equals: true }] } }); // prettier-ignore
    const other = new JourneyClient(turnout, 'versions');
    const branches = [
      { key: 'known', segment: 'known' },
      { key: 'rest', rule: { not: { segment: 'clickers' } } },
    ];
    await other.declare({ fork: { branches, default: 'no', push: false } });
    const id = await somebody();
    const [first, plain] = [await other.decide('fork', id), await journey.decide('bought', id)];
    await turnout.must('PUT', '/v1/segments/keen', { rule: { performed: 'click', count: { atLeast: 3 } } });
    await database.setClock((await database.now()) + 1);
    const second = await other.decide('fork', id);
    const segment = await turnout.must('GET', '/v1/segments/clickers');
    const clickers = segment.version as number;
    expect(await versionsOf(first)).toEqual({ clickers, keen: 1, known: 1 });
    expect(await versionsOf(second)).toEqual({ clickers, keen: 2, known: 1 });
    expect(await versionsOf(plain)).toEqual({});
    const { decisions } = await turnout.must('GET', '/v1/decisions?journey=versions');
    expect((decisions as JsonObject[]).map((one) => (one.restedOn as JsonObject).segments)).toEqual([
      { clickers, keen: 2, known: 1 },
      { clickers, keen: 1, known: 1 },
    ]);
  });

  it('replays to the same, whatever came in or was changed since', async () => {
    const id = await somebody();
    const asked = [
      await journey.decide('bought', id),
      await journey.decide('clicked', id),
      await journey.decide('waiting', id),
      await journey.decide('newcomers', 998),
    ];
    await journey.order('orders/create', id, (await database.now()) - HOUR);
    await turnout.must('PUT', '/v1/segments/clickers', {
      rule: { performed: 'click', within: '1d', count: { atLeast: 9 } },
    });
    await turnout.must('PUT', '/v1/sources/shopify/history', { startsAt: '2026-02-01T00:00:00Z', eventNames: [] });
    await database.setClock((await database.now()) + 4 * DAY);
    await turnout.settle();
    for (const decision of asked) expect(await replay(decision)).toMatchObject({ matches: true });
    const waited = await replay(asked[2]!);
    expect((waited.steps as { recorded: JsonObject }[]).map((step) => step.recorded.reason)).toEqual([
      'PENDING',
      'TARGETING_MATCH',
    ]);
    await turnout.must('PUT', '/v1/segments/clickers', { rule: { performed: 'click', within: '30d' } });
  });

  it('notices when it would not', async () => {
    const decision = await journey.decide('clicked', await somebody());
    await logged(decision);
    await database.pool.query(`UPDATE decisions SET branch = 'no' WHERE id = $1`, [decision.decision_id]);
    expect(await replay(decision)).toMatchObject({
      matches: false,
      steps: [{ recorded: { branch: 'no' }, replayed: { branch: 'yes' } }],
    });
  });

  describe('is revised', () => {
    const revised = async (decision: JsonObject) => {
      await turnout.settle();
      return (await logged(decision)).revised as unknown;
    };

    it('by a purchase that was late, not by one that came after', async () => {
      const [late, after] = [await somebody(), await somebody()];
      const decisions = [await journey.decide('bought', late), await journey.decide('bought', after)];
      const at = await database.now();
      await database.setClock(at + HOUR);
      await journey.order('orders/create', late, at);
      await journey.order('orders/create', after, at + 1_000);
      expect(await revised(decisions[0]!)).toMatchObject({
        branch: 'buyer',
        cause: 'late_event',
        evidence: [expect.any(String)],
      });
      expect(await revised(decisions[1]!)).toBeNull();
      const revisedOnes = await ids(`revised=true&branch_point=bought&profile=customer_id:${late}`);
      expect(revisedOnes).toEqual([decisions[0]!.decision_id]);
      expect(await replay(decisions[0]!)).toMatchObject({ matches: true });
    });

    it('by a refund of the purchase that it rests on', async () => {
      const id = await somebody();
      await journey.order('orders/create', id, await database.now());
      await database.setClock((await database.now()) + 1_000);
      const decision = await journey.decide('bought', id);
      expect(decision.branch).toBe('buyer');
      await database.setClock((await database.now()) + 9 * DAY);
      await journey.order('orders/cancelled', id, await database.now(), { placedAt: (await database.now()) - 9 * DAY });
      expect(await revised(decision)).toMatchObject({ branch: 'rest', cause: 'refund' });
    });

    it('by clicks and deliveries that tell that the click it rests on was a machine’s', async () => {
      const at = Math.ceil((await database.now()) / 1_000) * 1_000 + DAY;
      await database.setClock(at);
      const [scanned, delivered, human] = [await somebody(), await somebody(), await somebody()];
      await database.setClock(at + 500);
      const decisions: JsonObject[] = [];
      for (const id of [scanned, delivered, human]) decisions.push(await journey.decide('clicked', id));
      expect(decisions.map((one) => one.branch as string)).toEqual(['yes', 'yes', 'yes']);
      await database.setClock(at + 9 * 60_000);
      for (const [index, path] of ['b', 'c'].entries()) {
        await journey.click(scanned, at + (index + 1) * 1_000, `https://shop.example/${path}`);
      }
      await turnout.send(
        customerioWebhook({ secret: SIGNING_KEY, at, metric: 'delivered', identifiers: personOf(delivered) }),
      );
      await journey.click(human, at + 8 * 60_000, 'https://shop.example/b');
      const evidence = [expect.any(String)];
      expect(await revised(decisions[0]!)).toMatchObject({ branch: 'no', cause: 'reclassification' });
      expect(await revised(decisions[1]!)).toMatchObject({ branch: 'no', cause: 'reclassification', evidence });
      expect(await revised(decisions[2]!)).toBeNull();
      for (const one of decisions) expect(await replay(one)).toMatchObject({ matches: true });
    });
  });

  describe('when its time is over', () => {
    /** A pass over the lanes in which there is something. */
    async function clean(): Promise<void> {
      const { pool } = database;
      await pool.query(
        `UPDATE cleanings SET done_at = CASE
           WHEN kind = 'decisions' AND lane IN (SELECT lane FROM decisions)
             OR kind = 'events' AND lane IN (SELECT lane FROM events) THEN NULL ELSE turnout_now() END`,
      );
      while ((await pool.query('SELECT FROM cleanings WHERE done_at IS NULL')).rows.length > 0) {
        await turnout.app.get(Cleaner).step();
      }
    }

    const status = async (decision: JsonObject) =>
      (await turnout.call('GET', `/v1/decisions/${decision.decision_id as string}`)).status;

    it('is emptied to the millisecond, with its pins, but for what is still open; replay says what it can’t tell', async () => {
      const start = (await database.now()) + DAY;
      await database.setClock(start);
      const id = await somebody();
      await database.setClock(start + HOUR);
      const first = await journey.decide('clicked', id, { journey_run_id: 'kept' });
      const unknown = await journey.decide('newcomers', 997);
      const open = await journey.decide('waiting', id);
      await turnout.settle();
      await database.setClock(start + HOUR + 1);
      const second = await journey.decide('clicked', id);
      await logged(second);
      const later = async (at: number) => {
        await database.setClock(at);
        await turnout.settle();
        // As if only an event could settle it.
        await database.pool.query(`UPDATE decisions SET due_at = 'infinity' WHERE id = $1`, [open.decision_id]);
        await clean();
      };

      // The click counts no more, and is removed a day later; the decisions that rest on it are still there.
      await later(start + HOUR + RETENTION - 1);
      expect(await Promise.all([first, unknown, open, second].map(status))).toEqual([200, 200, 200, 200]);
      expect(await replay(first)).toMatchObject({ matches: true });
      await later(start + HOUR + RETENTION);
      expect(await Promise.all([first, unknown, open, second].map(status))).toEqual([404, 404, 200, 200]);
      expect(await journey.decide('clicked', id, { journey_run_id: 'kept' })).toMatchObject({ reason: 'DEFAULT' });
      await database.pool.query(`UPDATE decisions SET asked_at = asked_at + interval '9 days' WHERE id = $1`, [
        second.decision_id,
      ]);
      await later(start + RETENTION + DAY);
      expect(await status(open)).toBe(200);
      expect((await database.pool.query('SELECT FROM events WHERE occurred_at = $1', [new Date(start)])).rows).toEqual(
        [],
      );
      const replayed = await replay(second);
      expect(replayed).toMatchObject({ matches: null, problem: expect.stringContaining('retention') as unknown });
      await later(start + HOUR + RETENTION + DAY);
      expect(await status(open)).toBe(404);
    });

    it('what decisions rest on stays as long as one of them does, however long ago it was first asked', async () => {
      const another = new JourneyClient(turnout, 'another');
      const declare = (within: string) =>
        another.declare({
          aging: { branches: [{ key: 'yes', rule: { performed: 'click', within } }], default: 'no', push: false },
        });
      const kept = async () => {
        const { rows } = await database.pool.query<{ rules: string }>(
          `SELECT content ->> 'definition' AS rules FROM decision_inputs WHERE content ->> 'branchPoint' = 'aging'`,
        );
        return rows.map(({ rules }) => /"within":"(.+?)"/.exec(rules)![1]!).sort();
      };
      const cleanRecords = async (at: number) => {
        await database.setClock(at);
        await database.pool.query(`UPDATE cleanings SET done_at = CASE WHEN kind <> 'records' THEN turnout_now() END`);
        while ((await database.pool.query('SELECT FROM cleanings WHERE done_at IS NULL')).rows.length > 0) {
          await turnout.app.get(Cleaner).step();
        }
      };
      const start = await database.now();
      const id = await somebody();
      await declare('1d');
      await logged(await another.decide('aging', id));
      await declare('2d');
      await logged(await another.decide('aging', id));
      await database.setClock(start + 100 * DAY);
      const last = await another.decide('aging', id);
      await logged(last);

      await cleanRecords(start + RETENTION + 2 * DAY);
      expect(await kept()).toEqual(['1d', '2d']); // an open one might still be there
      await cleanRecords(start + RETENTION + 3 * DAY);
      expect(await kept()).toEqual(['2d']);
      expect(await replay(last)).toMatchObject({ matches: true });
      await cleanRecords(start + 100 * DAY + RETENTION + 3 * DAY);
      expect(await kept()).toEqual([]);
    });

    it('a late event revises nothing that rests on events which are gone', async () => {
      const id = await somebody();
      const decision = await journey.decide('clicked', id);
      await logged(decision);
      await database.pool.query(
        'DELETE FROM events WHERE profile_id = (SELECT profile_id FROM decisions WHERE id = $1)',
        [decision.decision_id],
      );
      await database.setClock((await database.now()) + HOUR);
      await journey.click(id, (await database.now()) - 40 * DAY);
      await turnout.settle();
      expect((await logged(decision)).revised).toBeNull();
    });
  });
});
