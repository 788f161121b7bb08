import type { IncomingEvent } from '../../src/profiles/incoming-event.js';
import { Ingestion } from '../../src/sources/ingestion.js';
import { DAY, T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { SIGNING_KEY, TestTurnout } from '../support/turnout.js';
import { customerioWebhook } from '../support/webhooks.js';

describe('what comes in at the same time', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
  });

  afterEach(async () => {
    await turnout.stop();
    await database.drop();
  });

  const start = async (env: Record<string, string> = {}): Promise<void> => {
    turnout = await TestTurnout.start(database, undefined, env);
  };
  const click = (n: number) =>
    customerioWebhook({ secret: SIGNING_KEY, at: T0, eventId: `E${n}`, identifiers: { id: String(n % 50) } });

  async function count(what: string): Promise<number> {
    const { rows } = await database.pool.query<{ n: string }>(`SELECT count(*) AS n FROM ${what}`);
    return Number(rows[0]!.n);
  }

  /** Until so many statements of the service wait for a lock. */
  async function untilWaiting(statements: number): Promise<void> {
    while ((await count(`pg_locks WHERE NOT granted AND relation = 'receipts'::regclass`)) < statements) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  const event = (more: Partial<IncomingEvent> = {}): { event: IncomingEvent; body: Buffer } => ({
    event: {
      sourceEventId: 'E1',
      name: 'click',
      occurredAt: T0,
      identifiers: [{ kind: 'customer_id', value: '1' }],
      properties: {},
      ...more,
    },
    body: Buffer.from(JSON.stringify(more)),
  });

  it('is committed together: 200 webhooks take few commits, and each is answered', async () => {
    await start();
    const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => turnout.send(click(n))));
    expect(answers.every((answer) => answer.status === 200 && answer.body.status === 'stored')).toBe(true);
    expect([await count('events'), await count('profiles')]).toEqual([200, 50]);
    // Rows of one transaction have the same xmin.
    expect(await count('(SELECT DISTINCT xmin::text FROM receipts) AS commits')).toBeLessThan(50);
  });

  it('tells what became of each event, in order, also where one contradicts another of the same moment', async () => {
    await start();
    const ingestion = turnout.app.get(Ingestion);
    await ingestion.record('shop', [event({ sourceEventId: 'E0' })]);
    const outcomes = await Promise.all([
      ingestion.record('shop', [
        event(),
        event({ occurredAt: T0 - 400 * DAY - 1, sourceEventId: 'old' }),
        event({ sourceEventId: 'E0' }),
        event({ sourceEventId: 'E0', name: 'order' }),
      ]),
      ingestion.record('shop', [event(), event({ sourceEventId: 'E2' }), event({ name: 'order' })]),
      ingestion.record('other', [event()]),
    ]);
    expect(outcomes.map((some) => some.map((one) => ('reason' in one ? one.reason : one.kind)))).toEqual([
      ['stored', 'older_than_retention', 'duplicate', 'conflicting_duplicate'],
      ['duplicate', 'stored', 'conflicting_duplicate'],
      ['stored'],
    ]);
    expect([await count('events'), await count('dead_letters')]).toEqual([4, 3]);
  });

  it('keeps aside an event that the database refuses, and stores all others', async () => {
    await start();
    const ingestion = turnout.app.get(Ingestion);
    const poison = event({ sourceEventId: 'poison', properties: { text: '\u0000' } });
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        ingestion.record(
          'shop',
          n === 7 ? [event({ sourceEventId: 'beside' }), poison] : [event({ sourceEventId: `${n}` })],
        ),
      ),
    );
    expect(answers[7]).toMatchObject([{ kind: 'stored' }, { kind: 'refused', reason: 'not_storable' }]);
    expect(await count('events')).toBe(20);
    const { rows } = await database.pool.query('SELECT reason, body FROM dead_letters');
    expect(rows).toEqual([{ reason: 'not_storable', body: poison.body }]);
  });

  // After a 429 or 500 Customer.io waits for an hour, and every webhook behind it.
  it('is turned away with 503 and Retry-After while too much waits, and nothing accepted is lost', async () => {
    await start({ INGEST_QUEUE_BYTES: '3000' });
    const lock = await database.pool.connect();
    await lock.query('BEGIN; LOCK TABLE receipts');
    const first = turnout.send(click(0));
    await untilWaiting(1);
    const others = Array.from({ length: 30 }, (_, n) => fetchClick(n + 1));
    await Promise.any(
      others.map(async (one) => ((await one).status === 503 ? 503 : Promise.reject(new Error('not yet')))),
    );
    await lock.query('COMMIT');
    lock.release();
    const answers = await Promise.all(others);
    expect((await first).status).toBe(200);
    const refused = answers.filter((answer) => answer.status === 503);
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused) {
      expect(answer.headers.get('retry-after')).toBe('1');
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      await expect(answer.json()).resolves.toMatchObject({ status: 503 });
    }
    const accepted = answers.filter((answer) => answer.status === 200).length;
    expect(accepted + refused.length).toBe(30);
    expect(await count('events')).toBe(accepted + 1);
    expect((await turnout.send(click(99))).status).toBe(200);
  });

  it('is answered 503, too, when it can not be stored for a reason of ours, and is stored when it comes again', async () => {
    await start();
    await database.pool.query('ALTER TABLE receipts RENAME TO receipts_elsewhere');
    const refused = await fetchClick(0);
    expect(await refused.json()).toMatchObject({ status: 503, instance: expect.stringMatching(/^urn:uuid:/) });
    await database.pool.query('ALTER TABLE receipts_elsewhere RENAME TO receipts');
    expect((await turnout.send(click(0))).status).toBe(200);
    expect(await count('events')).toBe(1);
  });

  it('asks callers of our own API to wait with 429, as its clients expect', async () => {
    await start({ INGEST_QUEUE_BYTES: '3000' });
    const lock = await database.pool.connect();
    await lock.query('BEGIN; LOCK TABLE receipts');
    const tracked = Array.from({ length: 30 }, (_, n) =>
      turnout.call('POST', '/v1/track', { userId: `u${n}`, event: 'seen', messageId: `m${n}` }),
    );
    await Promise.any(
      tracked.map(async (one) => ((await one).status === 429 ? 429 : Promise.reject(new Error('not yet')))),
    );
    await lock.query('COMMIT');
    lock.release();
    const statuses = new Set((await Promise.all(tracked)).map(({ status }) => status));
    expect([...statuses].sort()).toEqual([200, 429]);
  });

  function fetchClick(n: number): Promise<Response> {
    const { path, headers, body } = click(n);
    return fetch(turnout.url + path, { method: 'POST', headers, body: new Uint8Array(body) });
  }

  it('is finished before the service stops', async () => {
    await start();
    const lock = await database.pool.connect();
    await lock.query('BEGIN; LOCK TABLE receipts');
    const recorded = turnout.app.get(Ingestion).record('shop', [event()]);
    await untilWaiting(1);
    const stopped = turnout.stop();
    await lock.query('COMMIT');
    lock.release();
    expect(await recorded).toEqual([{ kind: 'stored' }]);
    await stopped;
    expect(await count('events')).toBe(1);
    await start();
  });
});
