import { hash } from 'node:crypto';
import type { PoolClient } from 'pg';
import { DataSource, type EntityManager } from 'typeorm';
import { PreviewStore } from '../../src/memberships/preview-store.js';
import { T0 } from '../support/builders.js';
import { startCustomerioServer, type CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { fact, take } from '../support/facts.js';
import { identifierKey } from '../../src/profiles/identifier.js';
import { PROFILE_TABLES } from '../../src/profiles/profile-tables.js';
import { SHOPIFY_SECRET, SIGNING_KEY, TestTurnout, type JsonObject } from '../support/turnout.js';
import { customerioWebhook, shopifyWebhook } from '../support/webhooks.js';

// None of these can stand in a hash or an id by chance.
const EMAIL = 'ada.lovelace@example.com';
const ORDER = 5_678_901_999_471;

describe('somebody who is erased', () => {
  let database: TestDatabase;
  let customerio: CustomerioServer;
  let turnout: TestTurnout;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    customerio = await startCustomerioServer();
    customerio.seedSegment({ id: 7, name: 's7', type: 'manual' });
    customerio.seedPerson({ id: 'ada-one', email: EMAIL });
    customerio.seedPerson({ id: 'bob-1' });
    turnout = await TestTurnout.start(database, customerio);
    const push = { customerio: { segmentId: 7 } };
    await turnout.must('PUT', '/v1/segments/clicked', { rule: { performed: 'click', within: '30d' }, push });
    await turnout.must('PUT', '/v1/journeys/j', {
      branchPoints: { p: { branches: [{ key: 'yes', segment: 'clicked' }], default: 'no' } },
    });
  });

  afterEach(async () => {
    await turnout.stop();
    await customerio.stop();
    await database.drop();
  });

  const click = (who: { id?: string; email?: string }, eventId?: string) =>
    turnout.send(
      customerioWebhook({ secret: SIGNING_KEY, at: T0, identifiers: who, ...(eventId !== undefined && { eventId }) }),
    );

  /** Two profiles made one, a neighbour, a decision, a conflict, and a webhook kept aside. */
  async function adaLives(): Promise<void> {
    await take(turnout, fact('click', T0, 'anonymous_id=device-9'));
    await take(
      turnout,
      fact('click', T0, `customer_id=ada-one email=${EMAIL}`),
      fact('click', T0, 'customer_id=bob-1'),
    );
    await turnout.settle();
    await take(turnout, fact('identify', T0, 'customer_id=ada-one anonymous_id=device-9', { country: 'UK' }));
    await take(turnout, fact('click', T0, `customer_id=bob-1 email=${EMAIL}`));
    await turnout.send(
      shopifyWebhook('orders/create', { secret: SHOPIFY_SECRET, at: T0, email: EMAIL, orderId: ORDER }),
    );
    await turnout.must('POST', '/v1/journeys/j/branch-points/p/decide', { identifiers: { email: EMAIL } });
    await turnout.send(customerioWebhook({ secret: SIGNING_KEY, at: T0, metric: 'No', identifiers: { email: EMAIL } }));
    await turnout.settle();
  }

  /** Every row of every table in which a text stands, by table. */
  async function tablesNaming(...texts: string[]): Promise<string[]> {
    const { rows } = await database.pool.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables
        WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1`,
    );
    const found: string[] = [];
    for (const { name } of rows) {
      const { rows: held } = await database.pool.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
      const said = held.map(({ row }) => row + Buffer.from(/\\\\x([0-9a-f]+)/.exec(row)?.[1] ?? '', 'hex').toString());
      if (said.some((row) => texts.some((text) => row.includes(text)))) found.push(name);
    }
    return found;
  }

  it('is not told by decisions from before anybody knew them, not even by what they were asked for', async () => {
    const branches = [{ key: 'yes', segment: 'clicked' }];
    await turnout.must('PUT', '/v1/journeys/early', {
      branchPoints: { p: { branches, default: 'no', whenUnknown: 'evaluate' } },
    });
    const path = '/v1/journeys/early/branch-points/p/decide';
    const early = { identifiers: { email: EMAIL }, journey_run_id: 'run-1' };
    const first = await turnout.must('POST', path, early);
    expect(first.error_code).toBe('PROFILE_UNKNOWN');
    await click({ email: EMAIL });
    await turnout.must('DELETE', `/v1/profiles/email:${EMAIL}`);
    expect(await turnout.must('POST', path, early)).toMatchObject({ reason: 'CACHED', decision_id: first.decision_id });
    const who = identifierKey({ kind: 'email', value: EMAIL });
    // Whoever has an address could ask a plain hash about it.
    const plain = [who, JSON.stringify([[who], 'run-1'])].map((text) => hash('sha256', text, 'base64url').slice(0, 12));
    expect(await tablesNaming(...plain)).toEqual([]);
  });

  it('is nowhere in the database any more, and nobody else is gone', async () => {
    await adaLives();
    const { profileId } = await turnout.must('GET', '/v1/profiles/customer_id:ada-one');
    expect(await tablesNaming('ada-one', EMAIL, 'device-9')).toEqual(
      expect.arrayContaining(['dead_letters', 'identifiers', 'identity_conflicts']),
    );
    const erased = await turnout.must('DELETE', `/v1/profiles/email:${EMAIL}`);
    expect(erased).toMatchObject({
      profileId,
      removed: { events: 4, dead_letters: 1, identity_conflicts: 1, decisions: 1 },
      destinations: ['customerio'],
    });
    await turnout.settle();
    expect(await tablesNaming('ada-one', EMAIL, 'device-9', String(ORDER), '7012345678901')).toEqual([]);
    const { rows: family } = await database.pool.query<{ id: string }>(
      'SELECT id FROM profiles WHERE ended_at IS NOT NULL',
    );
    expect(family).toHaveLength(2);
    for (const table of Object.keys(PROFILE_TABLES)) {
      const { rows } = await database.pool.query(`SELECT FROM ${table} WHERE profile_id = ANY($1)`, [
        family.map((row) => row.id),
      ]);
      expect([table, rows.length]).toEqual([table, 0]);
    }
    expect((await turnout.call('GET', '/v1/profiles/anonymous_id:device-9')).status).toBe(404);
    expect((await turnout.call('DELETE', `/v1/profiles/email:${EMAIL}`)).status).toBe(404);
    expect((await turnout.must('GET', '/v1/profiles/customer_id:bob-1')).memberships).toMatchObject([
      { isMember: true },
    ]);
  });

  it('is in no sample of a shadow or a preview any more, though still counted', async () => {
    await adaLives();
    await turnout.must('PUT', '/v1/segments/clicked/draft', { rule: { performed: 'click', within: '2d' } });
    await turnout.must('POST', '/v1/segments/clicked/shadow');
    const { id } = await turnout.must('POST', '/v1/segments/preview', { rule: { performed: 'click', within: '2d' } });
    await turnout.settle();
    const shadow = () => turnout.must('GET', '/v1/segments/clicked/shadow');
    const preview = () => turnout.must('GET', `/v1/segments/preview/${id as string}`);
    while ((await preview()).state === 'running') await new Promise((resolve) => setImmediate(resolve));
    const { profileId } = await turnout.must('GET', '/v1/profiles/customer_id:ada-one');
    const samples = async () => [
      ((await shadow()).samples.stay as JsonObject[]).map((one) => String(one.profileId)),
      ((await preview()).sample as JsonObject[]).map((one) => String(one.profileId)),
    ];
    const { profileId: bob } = await turnout.must('GET', '/v1/profiles/customer_id:bob-1');
    const both = [profileId, bob].map(String).sort();
    expect((await samples()).map((one) => one.sort())).toEqual([both, both]);
    const { removed } = await turnout.must('DELETE', '/v1/profiles/customer_id:ada-one');
    expect(removed).toMatchObject({ segment_shadow_lanes: 1, rule_previews: 1 });
    expect(await samples()).toEqual([[String(bob)], [String(bob)]]);
    expect([(await shadow()).stay, (await preview()).size]).toEqual([2, 2]);
  });

  describe('while a preview is written down that names them', () => {
    const PREVIEW = 999;

    /** As the sweep would, but when the test wants. */
    async function counted(): Promise<(tx: EntityManager) => Promise<boolean>> {
      await adaLives();
      const { profileId } = await turnout.must('GET', '/v1/profiles/customer_id:ada-one');
      const because = { condition: 'everyone', value: 'true' as const, changesAt: null, evidence: [] };
      const sample = [{ profileId: Number(profileId), because }];
      const result = { size: 2, pending: 0, insufficientHistory: 0, funnel: [], sample };
      await database.pool.query(
        `INSERT INTO rule_previews (id, rule, state, as_of, profiles, judged) OVERRIDING SYSTEM VALUE
         VALUES ($1, '{"everyone":true}', 'running', turnout_now(), 2, 0)`,
        [PREVIEW],
      );
      return (tx) => new PreviewStore().finish(tx, String(PREVIEW), { state: 'done', result });
    }

    async function sampled(): Promise<unknown> {
      const { rows } = await database.pool.query<{ result: JsonObject }>(
        'SELECT result FROM rule_previews WHERE id = $1',
        [PREVIEW],
      );
      return rows[0]!.result.sample;
    }

    /** Nobody else works on the preview. */
    async function alone(work: (client: PoolClient) => Promise<void>): Promise<void> {
      const client = await database.pool.connect();
      await client.query(`SELECT pg_advisory_lock(hashtextextended('rule_preview ${PREVIEW}', 0))`);
      try {
        await work(client);
      } finally {
        client.release(true);
      }
    }

    it('an erasure that comes first keeps them out of it', () =>
      alone(async (eraser) => {
        const write = await counted();
        await eraser.query('BEGIN');
        await eraser.query('SELECT FROM rule_previews WHERE id = $1 FOR UPDATE', [PREVIEW]);
        const writing = turnout.app.get(DataSource).transaction(write);
        await database.untilWaiting(1);
        await eraser.query(`UPDATE profiles SET ended_at = turnout_now(), evaluate_at = NULL`);
        await eraser.query('COMMIT');
        await writing;
        expect(await sampled()).toEqual([]);
      }));

    it('one that comes second waits, and takes them out', () =>
      alone(async () => {
        const write = await counted();
        let erasing: Promise<JsonObject> | undefined;
        await turnout.app.get(DataSource).transaction(async (tx) => {
          await write(tx);
          erasing = turnout.must('DELETE', '/v1/profiles/customer_id:ada-one');
          await database.untilWaiting(1);
        });
        expect((await erasing)!.removed).toMatchObject({ rule_previews: 1 });
        expect(await sampled()).toEqual([]);
      }));
  });

  it('is deleted and suppressed at Customer.io, out of its segments', async () => {
    await adaLives();
    expect(customerio.segmentMembers(7).sort()).toEqual(['ada-one', 'bob-1']);
    await turnout.must('DELETE', '/v1/profiles/customer_id:ada-one');
    await turnout.settle();
    expect(customerio.segmentMembers(7)).toEqual(['bob-1']);
    expect(customerio.people().map((one) => one.id)).toEqual(['bob-1']);
  });

  it('does not come back with what is late, whichever id it names, and nothing of that is kept', async () => {
    await adaLives();
    await turnout.must('DELETE', '/v1/profiles/customer_id:ada-one');
    await turnout.settle();
    const keptAside = { status: 200, body: { status: 'kept_aside', reason: 'erased' } };
    expect(await click({ id: 'ada-one' })).toMatchObject(keptAside);
    expect(await click({ email: EMAIL })).toMatchObject(keptAside);
    expect(await click({ id: 'ada-two', email: EMAIL })).toMatchObject(keptAside);
    const refund = shopifyWebhook('refunds/create', { secret: SHOPIFY_SECRET, at: T0, orderId: ORDER });
    expect(await turnout.send(refund)).toMatchObject(keptAside);
    await turnout.settle();
    expect(await tablesNaming('ada-one', EMAIL, 'device-9', String(ORDER))).toEqual([]);
    const { deadLetters } = await turnout.must('GET', '/v1/sources/dead-letters');
    expect((deadLetters as JsonObject[]).map((one) => [one.reason, one.bytes])).toEqual(Array(4).fill(['erased', 0]));
  });

  it('is not kept in a dead letter when an old event comes again in other words', async () => {
    await click({ id: 'ada-one' }, 'E1');
    await turnout.must('DELETE', '/v1/profiles/customer_id:ada-one');
    const keptAside = { status: 'kept_aside', reason: 'erased' };
    expect((await click({ id: 'ada-one' }, 'E1')).body).toEqual({ status: 'duplicate' });
    expect((await click({ id: 'ada-one', email: EMAIL }, 'E1')).body).toEqual(keptAside);
    const changed = {
      secret: SIGNING_KEY,
      at: T0 + 1_000,
      identifiers: { id: 'ada-one', email: EMAIL },
      eventId: 'E1',
    };
    expect((await turnout.send(customerioWebhook(changed))).body).toEqual(keptAside);
    await turnout.settle();
    expect(await tablesNaming('ada-one', EMAIL)).toEqual([]);
  });

  it('leaves alone who shared an address with them: a stronger id leads to who is still there', async () => {
    await adaLives();
    await turnout.must('DELETE', '/v1/profiles/customer_id:ada-one');
    expect((await click({ id: 'bob-1', email: EMAIL })).body).toEqual({ status: 'stored', events: 1 });
    expect((await turnout.call('GET', `/v1/profiles/email:${EMAIL}`)).status).toBe(404);
  });

  it('stays erased under the key that the installation made, also once another is configured', async () => {
    await click({ id: 'ada-one' });
    await turnout.must('DELETE', '/v1/profiles/customer_id:ada-one');
    await turnout.stop();
    turnout = await TestTurnout.start(database, customerio, { ERASURE_KEY: 'another' });
    expect((await click({ id: 'ada-one' }, 'E2')).body).toMatchObject({ reason: 'erased' });
  });

  it('cannot slip in while they are being erased', async () => {
    for (let round = 0; round < 6; round++) {
      const id = `ada-${round}-x`;
      await click({ id });
      const answers = await Promise.all([
        ...Array.from({ length: 5 }, (_, n) => click({ id }, `late-${round}-${n}`)),
        turnout.call('DELETE', `/v1/profiles/customer_id:${id}`),
        ...Array.from({ length: 5 }, (_, n) => click({ id, email: EMAIL }, `later-${round}-${n}`)),
      ]);
      expect(answers.map((answer) => answer.status)).toEqual(Array(11).fill(200));
      expect((await turnout.call('GET', `/v1/profiles/customer_id:${id}`)).status).toBe(404);
    }
    await turnout.settle();
    const { rows } = await database.pool.query('SELECT FROM events');
    expect(rows).toEqual([]);
  });

  it('can have all that is held about them beforehand', async () => {
    await adaLives();
    const response = await fetch(`${turnout.url}/v1/profiles/email:${EMAIL}/export`, {
      headers: { authorization: `Bearer ${(turnout as unknown as { key: string }).key}` },
    });
    expect(response.headers.get('content-type')).toContain('application/x-ndjson');
    const lines = (await response.text()).trim().split('\n');
    const rows = lines.map((line) => JSON.parse(line) as JsonObject);
    const counts = Object.fromEntries(
      [...new Set(rows.map((row) => row.type as string))].map((type) => [
        type,
        rows.filter((row) => row.type === type).length,
      ]),
    );
    expect(counts).toMatchObject({
      identifiers: 5,
      profiles: 2,
      events: 4,
      memberships: 2,
      transitions: 3,
      decisions: 1,
      dead_letters: 1,
    });
    expect(rows.find((row) => row.type === 'events' && row.name === 'identify')?.properties).toEqual({ country: 'UK' });
    expect(JSON.stringify(rows)).not.toContain('bob-1');
    expect((await turnout.call('GET', '/v1/profiles/email:nobody@example.com/export')).status).toBe(404);
  });
});
