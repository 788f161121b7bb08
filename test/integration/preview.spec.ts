import pg from 'pg';
import { DAY, T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { SHOPIFY_SECRET, SIGNING_KEY, TestTurnout } from '../support/turnout.js';
import { customerioWebhook, shopifyWebhook } from '../support/webhooks.js';

const CLICKED = { performed: 'click', within: '7d' };
const BOUGHT = { performed: 'purchase', within: '7d' };
const RECENTLY = { performed: 'click', within: '1d' };

describe('a rule counted before it is anything', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database);
    for (const id of ['1', '2', '3']) await click(id, 0);
    await database.setClock(T0 + 2 * DAY);
    await click('3', 2 * DAY);
    for (const id of [2, 3, 4]) {
      await turnout.send(
        shopifyWebhook('orders/create', {
          ...{
            secret: SHOPIFY_SECRET,
            at: T0 + 2 * DAY,
            orderId: id,
            customerId: 90 + id,
            email: `p${id}@example.com`,
          },
        }),
      );
    }
    const complete = { startsAt: new Date(T0 - 60 * DAY).toISOString() };
    await turnout.must('PUT', '/v1/sources/shopify/history', complete);
    await turnout.settle();
  });

  afterAll(async () => {
    await turnout.stop();
    await database.drop();
  });

  const click = (id: string, ms: number) =>
    turnout.send(
      customerioWebhook({ secret: SIGNING_KEY, at: T0 + ms, identifiers: { id, email: `p${id}@example.com` } }),
    );

  const preview = (rule: unknown) => turnout.must('POST', '/v1/segments/preview', { rule, waitSeconds: 30 });

  it('says how many, who and why, and which condition empties it', async () => {
    const seen = await preview({ all: [CLICKED, BOUGHT, RECENTLY] });
    expect(seen).toMatchObject({
      ...{ state: 'done', size: 1, pending: 0, insufficientHistory: 0, asOf: new Date(T0 + 2 * DAY).toISOString() },
      progress: { done: 4, of: 4, share: 1, secondsLeft: 0 },
      funnel: [
        { condition: 'did "click" in the last 7 days', alone: 3, remaining: 3 },
        { condition: 'did "purchase" in the last 7 days', alone: 3, remaining: 2 },
        { condition: 'did "click" in the last 1 day', alone: 1, remaining: 1 },
      ],
      sample: [{ identifiers: { email: 'p3@example.com' }, because: { value: 'true' } }],
    });
    const [, bought] = seen.sample[0].because.of as { evidence: string[] }[];
    expect(bought!.evidence).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)]);
  });

  it('counts each condition alone where any of them will do, and those that nobody can know yet', async () => {
    expect(await preview({ any: [RECENTLY, BOUGHT] })).toMatchObject({
      size: 3,
      funnel: [
        { alone: 1, remaining: null },
        { alone: 3, remaining: null },
      ],
    });
    const abandoned = { ...CLICKED, notFollowedBy: { performed: 'purchase', within: '30d' } };
    expect(await preview(abandoned)).toMatchObject({ size: 0, pending: 1 });
    expect(await preview({ not: { performed: 'click', within: '300d' } })).toMatchObject({
      size: 0,
      insufficientHistory: 1,
    });
  });

  it('is refused where the rule is not right', async () => {
    const answer = await turnout.call('POST', '/v1/segments/preview', { rule: { segment: 'nope' } });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer: '/rule/segment' }] } });
    expect((await turnout.call('GET', '/v1/segments/preview/99999')).status).toBe(404);
    expect((await turnout.call('GET', '/v1/segments/preview/x')).status).toBe(404);
  });

  it('that takes long can be watched and stopped; one left by a dead process is taken up by another', async () => {
    // Whoever works on it can't read events until this lets go.
    const holder = await database.pool.connect();
    await holder.query('BEGIN');
    await holder.query('LOCK TABLE events IN ACCESS EXCLUSIVE MODE');
    const begun = await turnout.call('POST', '/v1/segments/preview', { rule: BOUGHT, waitSeconds: 0 });
    expect(begun).toMatchObject({ status: 202, body: { state: 'running', progress: { done: 0, of: 4 } } });
    const path = `/v1/segments/preview/${begun.body.id as string}`;
    expect((await turnout.call('DELETE', path)).status).toBe(204);
    expect((await turnout.must('GET', path)).state).toBe('cancelled');
    expect((await turnout.call('DELETE', path)).status).toBe(409);
    const next = await turnout.call('POST', '/v1/segments/preview', { rule: BOUGHT, waitSeconds: 0 });
    await holder.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND query LIKE '%ORDER BY profile_id, occurred_at, id' AND pid <> pg_backend_pid()`,
    );
    await holder.query('ROLLBACK');
    holder.release();
    const again = `/v1/segments/preview/${next.body.id as string}`;
    for (let look = 0; look < 200 && (await turnout.must('GET', again)).state === 'running'; look++) {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    expect(['done', 'failed']).toContain((await turnout.must('GET', again)).state);
  });

  it('that comes to its end cuts nobody short who uses its connection next', async () => {
    const said: string[] = [];
    const ask = pg.Client.prototype.query as (...asked: unknown[]) => unknown;
    pg.Client.prototype.query = function (this: pg.Client, ...asked: unknown[]) {
      const [what] = asked as [string | { text: string }];
      said.push(typeof what === 'string' ? what : what.text);
      return ask.apply(this, asked);
    } as typeof pg.Client.prototype.query;
    const holder = await database.pool.connect();
    try {
      await holder.query('BEGIN; LOCK TABLE events IN ACCESS EXCLUSIVE MODE');
      const begun = await turnout.call('POST', '/v1/segments/preview', { rule: BOUGHT, waitSeconds: 0 });
      await database.untilWaiting(1);
      const other = await database.pool.connect();
      await other.query('BEGIN');
      await other.query('SELECT FROM rule_previews WHERE id = $1 FOR UPDATE', [begun.body.id]);
      await database.untilWaiting(2); // who looks whether it is wanted
      await holder.query('COMMIT');
      await new Promise((resolve) => setTimeout(resolve, 1_000)); // it has been counted, and others may look
      await other.query('COMMIT');
      other.release();
      const path = `/v1/segments/preview/${begun.body.id as string}`;
      while ((await turnout.must('GET', path)).state === 'running')
        await new Promise((resolve) => setTimeout(resolve, 20));
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect((await turnout.must('GET', path)).state).toBe('done');
      expect(said.filter((one) => one.includes('pg_cancel_backend'))).toEqual([]);
    } finally {
      holder.release(true);
      pg.Client.prototype.query = ask as typeof pg.Client.prototype.query;
    }
  });
});
