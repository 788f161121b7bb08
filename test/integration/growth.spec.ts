import { readFileSync } from 'node:fs';
import { DataSource } from 'typeorm';
import { identifierKey, type Identifier } from '../../src/profiles/identifier.js';
import { IdentifierStore } from '../../src/profiles/identifier-store.js';
import { Cleaner } from '../../src/retention/cleaner.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { DAY, RETENTION, T0 } from '../support/builders.js';
import { SHOPIFY_SECRET, SIGNING_KEY, TestTurnout, type JsonObject } from '../support/turnout.js';
import { visit } from '../support/visits.js';
import { customerioWebhook, shopifyWebhook } from '../support/webhooks.js';

/** Events are kept a little longer than they count. */
const LONG_AFTER = RETENTION + 2 * DAY;
const ADA = { customer_id: '4711' };

describe('what comes day after day', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database);
  });

  afterEach(async () => {
    await turnout.stop();
    await database.drop();
  });

  const all = async (sql: string) => (await database.pool.query<JsonObject>(sql)).rows;
  const count = async (table: string, where = 'true') =>
    Number((await all(`SELECT count(*) AS n FROM ${table} WHERE ${where}`))[0]!.n);

  /** Works off a whole pass of some kinds over the lanes in which there may be something. */
  async function clean(...kinds: string[]): Promise<void> {
    await database.pool.query(
      'UPDATE cleanings SET done_at = CASE WHEN kind = ANY($1) THEN NULL ELSE turnout_now() END',
      [kinds],
    );
    while ((await count('cleanings', 'done_at IS NULL')) > 0) await turnout.app.get(Cleaner).step();
  }

  async function identify(body: object): Promise<void> {
    const headers = { authorization: turnout.authorization, 'content-type': 'application/json' };
    const call = body as { type: string };
    const response = await fetch(`${turnout.url}/v1/${call.type}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(200);
    await turnout.settle();
  }

  it('has its end, or the reason why not, in the documentation, table by table', async () => {
    const operations = readFileSync('docs/operations.md', 'utf8');
    const section = operations.slice(operations.indexOf('## What is kept'));
    const named = [...section.matchAll(/^\| (`.*?) +\|/gm)].flatMap(([, cell]) =>
      [...cell!.matchAll(/`([a-z_]+)`/g)].map(([, table]) => table),
    );
    const tables = await all(
      `SELECT table_name AS name FROM information_schema.tables
        WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name NOT IN ('test_clock', 'migrations')`,
    );
    expect([...named].sort()).toEqual(tables.map((one) => one.name as string).sort());
  });

  it('is removed as far as this release knows of it, while a newer one has begun with more', async () => {
    await database.pool.query(`UPDATE cleanings SET done_at = turnout_now()`);
    await database.pool.query(`INSERT INTO cleanings (kind, lane, after) VALUES ('of a newer release', 0, '')`);
    expect(await turnout.app.get(Cleaner).step()).toBeUndefined();
  });

  it('is forgotten of to whom links were given, once the last of these has ended; and short forms with it', async () => {
    await turnout.must('PUT', '/v1/link-domains/go.example.com', { allowedHosts: ['shop.example.com'] });
    await turnout.must('PUT', '/v1/ctas/cart', { kind: 'cart', patterns: [{ host: 'shop.example.com' }] });
    await identify({ type: 'identify', userId: '4711', traits: {} });
    const declare = (days: number, deliveryId: string) =>
      turnout.must('POST', '/v1/links', {
        ...{ cta: 'cart', destination: 'https://shop.example.com/cart', profile: ADA, deliveryId, short: true },
        expiresAt: new Date(T0 + days * DAY).toISOString(),
      });
    const kept = async () => [
      (await all('SELECT delivery_id FROM link_bindings ORDER BY 1')).map((one) => one.delivery_id as string),
      await count('link_shorts'),
    ];
    await declare(10, 'd1');
    const { shortUrl } = await declare(500, 'd2');
    await declare(10, 'd2');
    await declare(10, 'd3');
    await declare(100, 'd3'); // once more, for longer
    await database.pool.query(
      `INSERT INTO link_bindings SELECT lane, profile_id, '\\x00', 'of an earlier release', created_at FROM link_bindings LIMIT 1`,
    );
    expect(await kept()).toEqual([['d1', 'd2', 'd3', 'of an earlier release'], 5]);
    await database.setClock(T0 + 39 * DAY);
    await clean('link_bindings', 'link_shorts');
    expect(await kept()).toEqual([['d1', 'd2', 'd3', 'of an earlier release'], 5]);
    await database.setClock(T0 + 40 * DAY);
    await clean('link_bindings', 'link_shorts');
    expect(await kept()).toEqual([['d2', 'd3', 'of an earlier release'], 2]);
    await database.setClock(T0 + 400 * DAY);
    await clean('link_bindings', 'link_shorts');
    expect(await kept()).toEqual([['d2', 'of an earlier release'], 1]);
    expect((await visit(turnout.url, String(shortUrl))).status).toBe(302);
    await turnout.settle();
    await database.setClock(T0 + 4_000 * DAY);
    await clean('link_bindings', 'link_shorts');
    expect(await kept()).toEqual([[], 0]);
  });

  it('is awaited no longer than events count, and whoever comes later is somebody new', async () => {
    await identify({ type: 'alias', userId: '4711', previousId: 'anon-1' });
    await turnout.send(shopifyWebhook('refunds/create', { secret: SHOPIFY_SECRET, at: T0, orderId: 1 }));
    await identify({ type: 'alias', userId: '4711', previousId: 'anon-2' });
    const awaited = () => all('SELECT kind, value FROM identifiers WHERE profile_id IS NULL ORDER BY value');
    expect(await awaited()).toHaveLength(3);
    await database.setClock(T0 + RETENTION - DAY);
    await identify({ type: 'alias', userId: '4711', previousId: 'anon-2' }); // told of once more
    await clean('waiting_events', 'awaited_identifiers');
    expect(await awaited()).toHaveLength(3);
    await database.setClock(T0 + LONG_AFTER);
    await clean('waiting_events');
    await clean('awaited_identifiers');
    expect(await awaited()).toEqual([{ kind: 'customer_id', value: 'anon-2' }]);
    expect(await count('awaited_aliases')).toBe(1);
    for (const userId of ['anon-1', 'anon-2']) await identify({ type: 'identify', userId, traits: {} });
    const of = async (id: string) =>
      (await all(`SELECT profile_id FROM identifiers WHERE (kind, value) = ('customer_id', '${id}')`))[0]!
        .profile_id as string;
    expect(await of('anon-2')).toBe(await of('4711'));
    expect(await of('anon-1')).not.toBe(await of('4711'));
  });

  it('that is awaited is held anew by whoever finds it gone', async () => {
    const order: Identifier = { kind: 'shopify_order_id', value: 'a.myshopify.com/9' };
    await turnout.app.get(DataSource).transaction(async (tx) => {
      // As it was looked up, just before it was removed.
      await turnout.app
        .get(IdentifierStore)
        .resolve(tx, [{ identifiers: [order] }], new Map([[identifierKey(order), null]]));
    });
    expect(await all(`SELECT value, profile_id FROM identifiers`)).toEqual([{ value: order.value, profile_id: null }]);
  });

  it('leaves of each log of transitions what happened since, and what was so when that began', async () => {
    await turnout.must('PUT', '/v1/segments/lately', { rule: { performed: 'click', within: '1d' } });
    const click = async (at: number) => {
      await database.setClock(at);
      await turnout.send(
        customerioWebhook({ secret: SIGNING_KEY, at, identifiers: { id: '4711' }, eventId: `e${at}` }),
      );
      await turnout.settle();
    };
    for (const days of [0, 10, 20, 30]) await click(T0 + days * DAY);
    const log = () =>
      all(`SELECT ordinal, kind, (extract(epoch FROM at) * 1000 - ${T0}) / ${DAY} AS day
                             FROM transitions ORDER BY ordinal`);
    await database.setClock(T0 + 21 * DAY + LONG_AFTER);
    await turnout.settle();
    await clean('transitions');
    expect((await log()).map((one) => [one.ordinal, one.kind, Number(one.day)])).toEqual([
      [6, 'exited', 21],
      [7, 'entered', 30],
      [8, 'exited', 31],
    ]);
    await click(T0 + 21 * DAY + LONG_AFTER);
    expect((await log()).map((one) => one.ordinal as number)).toEqual([6, 7, 8, 9]);
    expect((await turnout.must('GET', '/v1/segments/lately/profiles/customer_id:4711')).isMember).toBe(true);
  });

  it('leaves the last comparison of each segment, no import, and the conflicts that somebody settled', async () => {
    const aged = T0 - LONG_AFTER;
    await database.pool.query(
      `INSERT INTO reconciliations (destination, external_segment_id, requested_at, finished_at)
       SELECT 'customerio', segment, at, at FROM unnest(ARRAY['7', '8']) AS segment,
              generate_series($1::timestamptz, $1::timestamptz + interval '2 days', interval '1 day') AS at`,
      [new Date(aged - DAY)],
    );
    await database.pool.query(
      `INSERT INTO reconciliations (destination, external_segment_id, requested_at) VALUES ('customerio', '8', turnout_now())`,
    );
    await database.pool.query(
      `INSERT INTO imports (id, options, state, run, bytes, lines, stored, duplicates, skipped, set_aside, too_old, event_names,
                            started_at, run_started_at, run_from_bytes, run_from_lines, updated_at)
       SELECT 'import ' || n, '{}', 'done', 1, 0, 0, 0, 0, 0, 0, 0, '{}', at, at, 0, 0, at
         FROM unnest(ARRAY[$1, $2]::timestamptz[]) WITH ORDINALITY AS given (at, n)`,
      [new Date(aged), new Date(T0)],
    );
    await database.pool.query(
      `INSERT INTO identity_conflicts
       SELECT 1, 1, 'email', value, 0, 'strangers', gen_random_uuid(), 1, at, at, CASE WHEN is_settled THEN at END
         FROM (VALUES ('old', $1::timestamptz, false), ('settled', $1, true), ('new', $2, false)) AS given (value, at, is_settled)`,
      [new Date(aged), new Date(T0)],
    );
    await clean('past_work');
    expect(
      await all(
        'SELECT external_segment_id AS segment, finished_at IS NULL AS is_open FROM reconciliations ORDER BY 1, 2',
      ),
    ).toEqual([
      { segment: '7', is_open: false },
      { segment: '8', is_open: false },
      { segment: '8', is_open: true },
    ]);
    expect(await all('SELECT id FROM imports')).toEqual([{ id: 'import 2' }]);
    expect(await all('SELECT value FROM identity_conflicts ORDER BY 1')).toEqual([
      { value: 'new' },
      { value: 'settled' },
    ]);
  });
});
