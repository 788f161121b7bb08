import type { DataSource } from 'typeorm';
import { createDataSource } from '../../src/data-source.js';
import type { Scope } from '../../src/platform/auth/access.js';
import { ApiKeyStore, type ApiKeyView } from '../../src/platform/auth/api-key-store.js';
import { ensureFirstKey } from '../../src/platform/auth/first-key.js';
import { createTestDatabase, START_OF_TESTS, type TestDatabase } from '../support/database.js';
import { TestTurnout } from '../support/turnout.js';

const KEY = /tk_[A-Za-z0-9_-]{43}/;
const NOBODY = '00000000-0000-4000-8000-000000000000';

let database: TestDatabase;
let dataSource: DataSource;

beforeEach(async () => {
  database = await createTestDatabase();
  dataSource = await createDataSource(database.url).initialize();
});

afterEach(async () => {
  await dataSource.destroy();
  await database.drop();
});

const create = (store: ApiKeyStore, name: string, scopes: readonly Scope[]) =>
  dataSource.transaction((tx) => store.create(tx, { name, scopes }));
const revoke = (store: ApiKeyStore, id: string) => dataSource.transaction((tx) => store.revoke(tx, id));
const list = (store: ApiKeyStore) => store.list(dataSource.manager);

describe('the store of API keys', () => {
  it('keeps nothing of a key that could be used', async () => {
    const { key } = await create(new ApiKeyStore(dataSource), 'journeys', ['decide']);
    expect(key).toMatch(new RegExp(`^${KEY.source}$`));
    const { rows } = await database.pool.query<{ row: string; prefix: string; bytes: number }>(
      'SELECT api_keys::text AS row, prefix, length(key_digest) AS bytes FROM api_keys',
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ prefix: key.slice(0, 9), bytes: 32 });
    expect(rows[0]!.row).not.toContain(key.slice(9));
    expect(rows[0]!.row).not.toContain(Buffer.from(key).toString('hex').slice(18));
  });

  it('verifies a key with its scopes, and no other', async () => {
    const store = new ApiKeyStore(dataSource);
    const { key, id } = await create(store, 'journeys', ['decide', 'ingest']);
    expect(await store.verify(key)).toEqual({ id, name: 'journeys', scopes: ['decide', 'ingest'] });
    expect(await store.verify(key.slice(0, -1) + (key.endsWith('A') ? 'B' : 'A'))).toBeUndefined();
    expect(await store.verify(key.slice(3))).toBeUndefined();
    expect(await store.verify('')).toBeUndefined();
  });

  it('refuses a revoked key everywhere: elsewhere at once, here after 5 seconds at the latest', async () => {
    let now = 0;
    const here = new ApiKeyStore(dataSource, () => now);
    const { key, id } = await create(here, 'journeys', ['decide']);
    expect(await here.verify(key)).toMatchObject({ id, scopes: ['decide'] });
    expect(await revoke(here, id)).toBe(true);
    expect(await new ApiKeyStore(dataSource).verify(key)).toBeUndefined();
    now = 5000;
    expect(await here.verify(key)).toBeUndefined();
  });

  it('refuses an expired key from the very millisecond at which it ends', async () => {
    const store = new ApiKeyStore(dataSource);
    const { key, expiresAt } = await dataSource.transaction((tx) =>
      store.create(tx, { name: 'guest', scopes: ['decide'], expiresInMs: 60_000 }),
    );
    expect(expiresAt).toEqual(new Date(Date.parse(START_OF_TESTS) + 60_000));
    const isGood = async () => (await new ApiKeyStore(dataSource).verify(key)) !== undefined;
    await database.setClock('2026-01-01T00:00:59.999Z');
    expect(await isGood()).toBe(true);
    await database.setClock('2026-01-01T00:01:00.000Z');
    expect(await isGood()).toBe(false);
    await database.setClock('2026-01-01T00:01:00.001Z');
    expect(await isGood()).toBe(false);
  });

  it('rotates a key: both are good for a while, then only the new one, of the same scopes', async () => {
    const store = new ApiKeyStore(dataSource);
    const old = await create(store, 'journeys', ['decide', 'ingest']);
    const made = await dataSource.transaction((tx) => store.rotate(tx, old.id, 3_600_000));
    expect(made).toMatchObject({ name: 'journeys', scopes: ['decide', 'ingest'], expiresAt: null });
    const good = async () => {
      const fresh = new ApiKeyStore(dataSource);
      return [await fresh.verify(old.key), await fresh.verify(made!.key)].map((one) => one?.id);
    };
    expect(await good()).toEqual([old.id, made!.id]);
    await database.setClock('2026-01-01T00:59:59.999Z');
    expect(await good()).toEqual([old.id, made!.id]);
    await database.setClock('2026-01-01T01:00:00.000Z');
    expect(await good()).toEqual([undefined, made!.id]);
  });

  it('rotates no key that is good no more, and never makes one last longer', async () => {
    const store = new ApiKeyStore(dataSource);
    const rotate = (id: string) => dataSource.transaction((tx) => store.rotate(tx, id, 3_600_000));
    const revoked = await create(store, 'gone', ['decide']);
    await revoke(store, revoked.id);
    expect(await rotate(revoked.id)).toBeUndefined();
    expect(await rotate('no uuid')).toBeUndefined();
    const guest = await dataSource.transaction((tx) =>
      store.create(tx, { name: 'guest', scopes: ['decide'], expiresInMs: 1_000 }),
    );
    await rotate(guest.id);
    expect((await list(store)).find((one) => one.id === guest.id)?.expiresAt).toEqual(guest.expiresAt);
  });

  it('revokes a key once, and says whether there is such a key', async () => {
    const store = new ApiKeyStore(dataSource);
    const { id } = await create(store, 'journeys', ['decide']);
    expect(await revoke(store, id)).toBe(true);
    await database.setClock('2026-01-02T00:00:00.000Z');
    expect(await revoke(store, id)).toBe(true);
    expect(await list(store)).toMatchObject([{ id, revokedAt: new Date(START_OF_TESTS) }]);
    expect(await revoke(store, NOBODY)).toBe(false);
    expect(await revoke(store, 'no uuid')).toBe(false);
  });

  it('notes when a key was last used, to the minute', async () => {
    const { key, id } = await create(new ApiKeyStore(dataSource), 'journeys', ['decide']);
    const lastUsedAt = async () => (await list(new ApiKeyStore(dataSource))).find((one) => one.id === id)?.lastUsedAt;
    const use = () => new ApiKeyStore(dataSource).verify(key); // each as another process, which remembers nothing
    expect(await lastUsedAt()).toBeNull();
    await use();
    expect(await lastUsedAt()).toEqual(new Date(START_OF_TESTS));
    await database.setClock('2026-01-01T00:01:00.000Z');
    await use();
    expect(await lastUsedAt()).toEqual(new Date(START_OF_TESTS));
    await database.setClock('2026-01-01T00:01:00.001Z');
    await use();
    expect(await lastUsedAt()).toEqual(new Date('2026-01-01T00:01:00.001Z'));
  });
});

describe('the first key', () => {
  const printed: string[] = [];
  const ensure = () => ensureFirstKey(dataSource, (text) => void printed.push(text));
  beforeEach(() => void printed.splice(0));

  async function waiting(expected: number): Promise<void> {
    const sql = `SELECT FROM pg_locks JOIN pg_database ON oid = database WHERE NOT granted AND datname = current_database()`;
    while ((await database.pool.query(sql)).rowCount !== expected) await new Promise(setImmediate);
  }

  it('is made once and printed, when several processes start at once', async () => {
    // Nobody can insert until all four are under way: each has looked for keys, or waits for its turn to look.
    const holder = await database.pool.connect();
    await holder.query('BEGIN; LOCK TABLE api_keys IN EXCLUSIVE MODE');
    const starts = Promise.all([ensure(), ensure(), ensure(), ensure()]);
    await waiting(4);
    await holder.query('COMMIT');
    holder.release();
    await starts;
    expect(printed).toHaveLength(1);
    const key = KEY.exec(printed[0]!)![0];
    expect(await new ApiKeyStore(dataSource).verify(key)).toMatchObject({ scopes: ['ingest', 'manage', 'decide'] });
    expect(await list(new ApiKeyStore(dataSource))).toHaveLength(1);
  });

  it('is not made again, not even when all keys are revoked', async () => {
    const store = new ApiKeyStore(dataSource);
    const { id } = await create(store, 'journeys', ['decide']);
    await revoke(store, id);
    await ensure();
    expect(printed).toEqual([]);
    expect(await list(store)).toHaveLength(1);
  });
});

describe('the API of keys', () => {
  let turnout: TestTurnout;

  beforeEach(async () => (turnout = await TestTurnout.start(database)));
  afterEach(() => turnout.stop());

  const ask = (key: string, path: string, method = 'GET') =>
    fetch(turnout.url + path, { method, headers: { authorization: `Bearer ${key}` } });

  it('makes a key, which works at once for its scope and is refused beyond it', async () => {
    const made = await turnout.call('POST', '/v1/api-keys', { name: 'journeys', scopes: ['decide'] });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      id: expect.any(String),
      name: 'journeys',
      key: expect.stringMatching(KEY),
      prefix: made.body.key.slice(0, 9),
      scopes: ['decide'],
      createdAt: START_OF_TESTS,
      lastUsedAt: null,
      expiresAt: null,
      revokedAt: null,
    });
    expect((await ask(made.body.key, '/v1/journeys/x/branch-points/y/decide', 'POST')).status).toBe(400);
    const refused = await ask(made.body.key, '/v1/api-keys');
    expect(refused.status).toBe(403);
    expect(refused.headers.get('www-authenticate')).toContain('error="insufficient_scope", scope="manage"');
    expect(await refused.json()).toMatchObject({ detail: 'The API key lacks the scope "manage".' });
  });

  it('lists keys without the keys', async () => {
    const made = await turnout.must('POST', '/v1/api-keys', { name: 'journeys', scopes: ['decide'] });
    const { apiKeys } = await turnout.must('GET', '/v1/api-keys');
    expect(apiKeys.map((one: ApiKeyView) => one.name).sort()).toEqual(['journeys', 'test']);
    expect(JSON.stringify(apiKeys)).not.toContain(made.key);
    expect(apiKeys.flatMap(Object.keys)).not.toContain('key');
  });

  it('revokes a key, which is then refused', async () => {
    const { id, key } = await turnout.must('POST', '/v1/api-keys', { name: 'gone', scopes: ['manage'] });
    expect((await turnout.call('DELETE', `/v1/api-keys/${id}`)).status).toBe(204);
    const refused = await ask(key, '/v1/api-keys');
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toContain('error="invalid_token"');
  });

  it('rotates a key without a moment in which neither works', async () => {
    const old = await turnout.must('POST', '/v1/api-keys', { name: 'crm', scopes: ['manage'], expiresInDays: 30 });
    const made = await turnout.must('POST', `/v1/api-keys/${old.id}/rotate`, {});
    for (const { key } of [old, made]) expect((await ask(key, '/v1/api-keys')).status).toBe(200);
    const { apiKeys } = await turnout.must('GET', '/v1/api-keys');
    const ends = Object.fromEntries(apiKeys.map((one: ApiKeyView) => [one.id, one.expiresAt]));
    expect(ends).toMatchObject({ [old.id]: '2026-01-02T00:00:00.000Z', [made.id]: null });
    expect((await turnout.call('POST', `/v1/api-keys/${NOBODY}/rotate`, {})).status).toBe(404);
    expect((await turnout.call('POST', `/v1/api-keys/${old.id}/rotate`, { graceHours: 721 })).status).toBe(400);
  });

  it('says of a key to revoke that there is none', async () => {
    expect((await turnout.call('DELETE', `/v1/api-keys/${NOBODY}`)).status).toBe(404);
    expect((await turnout.call('DELETE', '/v1/api-keys/no-uuid')).status).toBe(404);
  });

  it('lists all that is wrong with a key to be made', async () => {
    const { status, body } = await turnout.call('POST', '/v1/api-keys', { name: '', scopes: ['admin'], admin: true });
    expect(status).toBe(400);
    const pointers = body.errors.map((entry: { pointer: string }) => entry.pointer);
    expect(pointers.sort()).toEqual(['/admin', '/name', '/scopes']);
  });

  it('asks for a key on every route but those that say otherwise', async () => {
    const open = ['/healthz', '/readyz'];
    for (const path of open) expect((await fetch(turnout.url + path)).status).toBe(200);
    for (const path of ['/v1/api-keys', '/v1/segments', '/v1/ctas', '/v1/journeys', '/v1/sources/dead-letters']) {
      expect((await fetch(turnout.url + path)).status).toBe(401);
    }
  });
});
