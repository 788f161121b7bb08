import { setImmediate as nextTurn } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { KEPT_ON_TOP_MS } from '../../src/platform/retention.js';
import { Cleaner } from '../../src/retention/cleaner.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { DAY, HOUR, RETENTION, T0 } from '../support/builders.js';
import { SHOPIFY_SECRET, SIGNING_KEY, TestTurnout, type JsonObject } from '../support/turnout.js';
import { customerioWebhook, shopifyWebhook } from '../support/webhooks.js';

const RULES: Record<string, unknown> = {
  'ever-clicked': { performed: 'click' },
  'clicked-often': { performed: 'click', count: { atLeast: 2 } },
  'never-bought': { performed: 'purchase', count: { exactly: 0 } },
  'clicked-not-bought': { performed: 'click', notFollowedBy: { performed: 'purchase', within: '3d' } },
  'bought-long-ago': { performed: 'purchase', last: { olderThan: '30d' } },
  'bought-much': { performed: 'purchase', sum: { property: 'revenue', currency: 'EUR', atLeast: '100.00' } },
  'clicked-in-march': { performed: 'click', between: ['2026-03-01T00:00:00Z', '2026-04-01T00:00:00Z'] },
  'clicked-lately': { performed: 'click', within: '30d' },
  german: { attribute: 'country', equals: 'DE' },
};

describe('what is older than events are kept', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database);
    for (const [key, rule] of Object.entries(RULES)) await turnout.must('PUT', `/v1/segments/${key}`, { rule });
  });

  afterEach(async () => {
    await turnout.stop();
    await database.drop();
  });

  async function click(at: number, id = 'ann'): Promise<void> {
    await turnout.send(customerioWebhook({ secret: SIGNING_KEY, at, identifiers: { id }, eventId: `${id}-${at}` }));
  }

  async function count(table: string, where = 'true'): Promise<number> {
    const { rows } = await database.pool.query<{ n: string }>(`SELECT count(*) AS n FROM ${table} WHERE ${where}`);
    return Number(rows[0]!.n);
  }

  /** Everything that rules say of a profile just now. */
  async function answers(profile: string): Promise<Record<string, unknown>> {
    const said = Object.keys(RULES).map(async (key): Promise<[string, unknown]> => {
      const { asOf: _, ...answer } = await turnout.must('GET', `/v1/segments/${key}/profiles/${profile}`);
      return [key, answer];
    });
    return Object.fromEntries(await Promise.all(said));
  }

  /** Works off a whole pass over every lane in which there is something; the service's own sweep may do part of it. */
  async function clean(): Promise<void> {
    await database.pool.query(
      `UPDATE cleanings SET done_at = CASE
         WHEN kind = 'records' OR lane IN (SELECT lane FROM events UNION SELECT lane FROM receipts
                                           UNION SELECT lane FROM waiting_events) THEN NULL
         ELSE turnout_now() END`,
    );
    while ((await count('cleanings', 'done_at IS NULL')) > 0) await turnout.app.get(Cleaner).step();
  }

  const attribute = (at: number, properties: object) =>
    `{"id":"i${at}","name":"identify","occurredAt":"${new Date(at).toISOString()}",` +
    `"identifiers":{"customer_id":"ann"},"properties":${JSON.stringify(properties)}}\n`;

  async function importLines(lines: string): Promise<void> {
    const { key } = await turnout.must('POST', '/v1/api-keys', { name: 'import', scopes: ['ingest'] });
    const headers = { authorization: `Bearer ${key}` };
    const response = await fetch(`${turnout.url}/v1/imports`, { method: 'POST', headers, body: lines });
    expect(await response.json()).toMatchObject({ setAside: 0 });
  }

  it('is removed without changing an answer, at every instant about the end of its time', async () => {
    await click(T0);
    await database.setClock(T0 + 5 * HOUR);
    await click(T0 + 5 * HOUR);
    await importLines(
      attribute(T0, { country: 'FR', plan: 'a' }) +
        attribute(T0 + 1_000, { country: 'DE' }) +
        attribute(T0 + 2_000, { plan: 'b' }),
    );
    await turnout.settle();
    const log = () => database.pool.query('SELECT segment_id, ordinal, kind, at FROM transitions ORDER BY 1, 2');
    for (const end of [T0 + RETENTION, T0 + 5 * HOUR + RETENTION, T0 + RETENTION + DAY + 5 * HOUR]) {
      for (const by of [-1, 0, 1]) {
        await database.setClock(end + by);
        await turnout.settle();
        const before = [await answers('customer_id:ann'), (await log()).rows];
        await clean();
        await turnout.settle();
        expect([await answers('customer_id:ann'), (await log()).rows]).toEqual(before);
      }
    }
    const left = await database.pool.query('SELECT name, properties FROM events ORDER BY occurred_at');
    expect(left.rows).toEqual([
      { name: 'identify', properties: { country: 'DE' } },
      { name: 'identify', properties: { plan: 'b' } },
    ]);
    expect(await count('receipts')).toBe(0);
    const standing = await turnout.must('GET', '/v1/segments/german/profiles/customer_id:ann');
    expect(standing.isMember).toBe(true);
  }, 180_000);

  it('decides a journey no longer either, from the same millisecond on, and replays alike', async () => {
    await turnout.must('PUT', '/v1/journeys/winback', {
      branchPoints: { start: { branches: [{ key: 'clicked', segment: 'ever-clicked' }], default: 'other' } },
    });
    await click(T0);
    await turnout.settle();
    for (const [by, branch] of [
      [-1, 'clicked'],
      [0, 'other'],
      [1, 'other'],
    ] as const) {
      await database.setClock(T0 + RETENTION + by);
      const decision = await turnout.must('POST', '/v1/journeys/winback/branch-points/start/decide', {
        identifiers: { customer_id: 'ann' },
      });
      const { isMember } = await turnout.must('GET', '/v1/segments/ever-clicked/profiles/customer_id:ann');
      expect([by, decision.branch, isMember]).toEqual([by, branch, branch === 'clicked']);
      const replay = await turnout.must('POST', `/v1/decisions/${decision.decision_id as string}/replay`);
      expect(replay).toMatchObject({ matches: true });
    }
  });

  it('counts no longer from the millisecond on, though nothing has removed it', async () => {
    await click(T0);
    await turnout.settle();
    for (const [by, isMember] of [
      [-1, true],
      [0, false],
      [1, false],
    ] as const) {
      await database.setClock(T0 + RETENTION + by);
      const standing = await turnout.must('GET', '/v1/segments/ever-clicked/profiles/customer_id:ann');
      expect(standing.isMember).toBe(isMember);
    }
    await turnout.settle();
    const { rows } = await database.pool.query<JsonObject>(
      `SELECT kind, at, cause FROM transitions JOIN segments ON segments.id = segment_id
        WHERE key = 'ever-clicked' ORDER BY ordinal`,
    );
    expect(rows).toMatchObject([
      { kind: 'entered', at: new Date(T0) },
      { kind: 'exited', at: new Date(T0 + RETENTION), cause: 'time' },
    ]);
  });

  it('stays as long as the purchase that it ends, even if it is dated before it', async () => {
    const order = { secret: SHOPIFY_SECRET, orderId: 77 };
    await database.setClock(T0 + 3 * DAY);
    await turnout.send(shopifyWebhook('orders/create', { ...order, at: T0 + 3 * DAY }));
    await turnout.send(
      shopifyWebhook('orders/cancelled', {
        ...order,
        at: T0 + 3 * DAY,
        payload: { cancelled_at: new Date(T0).toISOString() },
      }),
    );
    await turnout.settle();
    await database.setClock(T0 + RETENTION + 2 * DAY);
    const before = await answers('email:ann@example.com').catch(() => null);
    await clean();
    expect(await count('events', `name = 'order_cancelled'`)).toBe(1);
    expect(await answers('email:ann@example.com').catch(() => null)).toEqual(before);
    await database.setClock(T0 + RETENTION + 5 * DAY);
    await turnout.settle();
    await clean();
    expect(await count('events')).toBe(0);
  });

  it('goes to the millisecond, be it a click of nobody that is known', async () => {
    await database.pool.query(
      `INSERT INTO anonymous_clicks (occurred_at, id, link_id, received_at, properties)
       SELECT at, gen_random_uuid(), 'some-link', at, '{}'
         FROM unnest($1::timestamptz[]) AS at`,
      [[T0, T0 + 1, T0 + DAY].map((at) => new Date(at).toISOString())],
    );
    for (const [age, left] of [
      [RETENTION - 1, 3],
      [RETENTION, 2],
      [RETENTION + 1, 1],
    ] as const) {
      await database.setClock(T0 + age + KEPT_ON_TOP_MS);
      await clean();
      expect(await count('anonymous_clicks')).toBe(left);
    }
  });

  it('forgets what destinations were told of links when the events of then are gone, and nothing of them can be taken back', async () => {
    await database.pool.query(`INSERT INTO link_outcomes_told VALUES (1, 1, 'ga4', gen_random_uuid(), $1)`, [
      new Date(T0),
    ]);
    for (const [at, left] of [
      [T0 + RETENTION - 1, 1],
      [T0 + RETENTION, 0],
    ] as const) {
      await database.setClock(at + KEPT_ON_TOP_MS);
      await clean();
      expect(await count('link_outcomes_told')).toBe(left);
    }
  });

  it('waits where a profile is due, and while a rule asks what has been so for some time', async () => {
    await click(T0);
    await turnout.settle();
    const lasting = { segment: 'ever-clicked', for: '10d' };
    await turnout.must('PUT', '/v1/segments/for-long', { rule: lasting });
    await turnout.settle();
    await database.setClock(T0 + RETENTION + 10 * DAY);
    await clean();
    expect(await count('events')).toBe(1);
    await database.setClock(T0 + RETENTION + 51 * DAY + 1);
    await turnout.settle();
    await database.pool.query('UPDATE profiles SET evaluate_at = turnout_now()');
    await database.pool.query(`UPDATE cleanings SET done_at = NULL WHERE kind = 'events'`);
    await turnout.settle();
    await clean();
    expect(await count('events')).toBe(0);
  });

  it('waits where a profile becomes due while its removal waits for who is at it', async () => {
    await click(T0);
    await database.setClock(T0 + RETENTION + DAY - 1);
    await turnout.settle();
    await turnout.stop();
    await database.setClock(T0 + RETENTION + DAY);
    turnout = await TestTurnout.start(database, undefined, { TURNOUT_ROLES: 'api' });
    const cleaner = new Cleaner(turnout.app.get(DataSource), RETENTION, RETENTION, RETENTION);
    await database.pool.query(
      `UPDATE cleanings SET done_at = CASE WHEN kind = 'events' AND lane IN (SELECT lane FROM events) THEN NULL
                                           ELSE turnout_now() END`,
    );
    const other = await database.pool.connect();
    try {
      await other.query('BEGIN');
      await other.query('UPDATE profiles SET evaluate_at = $1', [new Date(T0 + RETENTION - 1)]);
      const { rows } = await other.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      const cleaned = cleaner.step();
      const blocked = 'SELECT FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid)) LIMIT 1';
      while ((await database.pool.query(blocked, [rows[0]!.pid])).rowCount === 0) await nextTurn();
      await other.query('COMMIT');
      expect(await cleaned).toBe(0);
    } finally {
      other.release();
    }
    expect(await count('events')).toBe(1);
  });

  it('takes the rest with it: receipts, events that nobody was known for, dead letters and bad lines in their own time', async () => {
    await click(T0);
    await turnout.send(
      customerioWebhook({ secret: SIGNING_KEY, at: T0, data: { identifiers: {}, recipient: undefined } }),
    );
    await turnout.send(shopifyWebhook('refunds/create', { secret: SHOPIFY_SECRET, at: T0, orderId: 5 }));
    await turnout.settle();
    // Looks at links, two of which the schedule asked for: it goes by the newest of these, which stays.
    await database.pool.query(
      `WITH runs AS (INSERT INTO link_runs (name, subject, settings, state, requested_at, finished_at, tries)
         SELECT 'x', subject, '{}', 'done', turnout_now(), turnout_now(), 0
           FROM unnest('{due,urls,due}'::text[]) AS subject RETURNING id)
       INSERT INTO link_run_links (run_id, place, link) SELECT id, 0, '{}' FROM runs`,
    );
    await database.pool.query(
      `INSERT INTO link_checks (url_digest, outcome, codes, checked_at, run_id) VALUES ('x', 'good', '{}', turnout_now(), 1)`,
    );
    await database.pool.query(
      `INSERT INTO downstream_counts VALUES ('ga4', 'sessions', 'landing', '2026-03-01', '/', 1, 'UTC', turnout_now())`,
    );
    const counts = () => Promise.all(['receipts', 'waiting_events', 'dead_letters'].map((table) => count(table)));
    const looks = () =>
      Promise.all(['link_runs', 'link_run_links', 'link_checks', 'downstream_counts'].map((table) => count(table)));
    expect(await counts()).toEqual([2, 1, 1]);
    await database.setClock(T0 + 90 * DAY - 1);
    await clean();
    expect([await counts(), await looks()]).toEqual([
      [2, 1, 1],
      [3, 3, 1, 1],
    ]);
    await database.setClock(T0 + 90 * DAY);
    await clean();
    expect(await counts()).toEqual([2, 1, 0]);
    expect(await looks()).toEqual([1, 1, 1, 1]);
    await database.setClock(T0 + RETENTION + DAY - 1);
    await clean();
    expect(await counts()).toEqual([2, 1, 0]);
    await database.setClock(T0 + RETENTION + DAY);
    await clean();
    expect(await counts()).toEqual([0, 0, 0]);
    expect(await looks()).toEqual([1, 1, 0, 0]);
    // What comes again is too old by now, so that no receipt is missed.
    const again = await turnout.send(customerioWebhook({ secret: SIGNING_KEY, at: T0, eventId: `ann-${T0}` }));
    expect(again.body).toEqual({ status: 'kept_aside', reason: 'older_than_retention' });
  });

  it('goes in small steps, each profile and id looked at once a day', async () => {
    const lines = Array.from({ length: 700 }, (_, n) => {
      const occurredAt = new Date(T0 - n * 1_000).toISOString();
      return JSON.stringify({ id: `e${n}`, name: 'click', occurredAt, identifiers: { customer_id: `c${n}` } });
    });
    await importLines(`${lines.join('\n')}\n`);
    await turnout.settle();
    await database.setClock(T0 + RETENTION + DAY);
    await turnout.settle();
    await clean();
    expect(await count('events')).toBe(0);
    expect(await turnout.app.get(Cleaner).step()).toBeUndefined();
    await database.setClock(T0 + RETENTION + 2 * DAY);
    expect(await turnout.app.get(Cleaner).step()).toBe(0);
  });
});
