import { randomUUID } from 'node:crypto';
import { T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { customerioWebhook } from '../support/webhooks.js';
import { SIGNING_KEY, TestTurnout, TurnoutClient, type JsonObject } from '../support/turnout.js';

const RULE = { performed: 'click', within: '30d' };

describe('the audit log', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;
  let ada: TurnoutClient;
  let adaId: string;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database);
    const made = await turnout.must('POST', '/v1/api-keys', { name: 'Ada', scopes: ['manage', 'ingest', 'decide'] });
    ada = new TurnoutClient(turnout.url, made['key'] as string);
    adaId = made['id'] as string;
  });

  afterEach(async () => {
    await turnout.stop();
    await database.drop();
  });

  const entries = async (query = ''): Promise<JsonObject[]> =>
    (await turnout.must('GET', `/v1/audit-log${query}`))['entries'] as JsonObject[];
  const byAda = (): Promise<JsonObject[]> => entries(`?apiKey=${adaId}`);
  const rows = async (): Promise<string> => {
    const { rows: all } = await database.pool.query<{ row: string }>('SELECT audit_log::text AS row FROM audit_log');
    return all.map(({ row }) => row).join('\n');
  };

  it('says who changed what and when, newest first', async () => {
    await ada.must('PUT', '/v1/segments/clicked', { rule: RULE });
    await database.setClock(T0 + 60_000);
    await ada.must('PUT', '/v1/segments/clicked', { rule: { ...RULE, within: '20d' } });
    await ada.must('PUT', '/v1/journeys/winback', {
      branchPoints: { start: { branches: [{ key: 'yes', segment: 'clicked' }], default: 'no' } },
    });
    const actor = { apiKeyId: adaId, name: 'Ada' };
    const later = new Date(T0 + 60_000).toISOString();
    const log = (await byAda()).map(({ id: _, ...entry }) => entry);
    expect(log).toEqual([
      { at: later, actor, action: 'PUT /v1/journeys/:key', target: { key: 'winback' }, detail: { version: 1 } },
      { at: later, actor, action: 'PUT /v1/segments/:key', target: { key: 'clicked' }, detail: { version: 2 } },
      {
        at: new Date(T0).toISOString(),
        actor,
        action: 'PUT /v1/segments/:key',
        target: { key: 'clicked' },
        detail: { version: 1 },
      },
    ]);
  });

  it('has nothing of what was refused, only read or computed', async () => {
    const before = await rows();
    expect((await ada.call('PUT', '/v1/segments/wrong', { rule: { performed: 7 } })).status).toBe(400);
    const nobodys = ['segments/none', 'journeys/none', 'ctas/none', 'profiles/email:nobody@example.com'];
    for (const path of [...nobodys, `api-keys/${randomUUID()}`])
      expect((await ada.call('DELETE', `/v1/${path}`)).status).toBe(404);
    expect((await ada.call('POST', '/v1/api-keys', { name: '', scopes: [] })).status).toBe(400);
    await ada.must('POST', '/v1/rules/validate', { rule: RULE });
    await ada.must('POST', '/v1/segments/preview', { rule: RULE });
    await ada.must('GET', '/v1/segments');
    expect(await rows()).toBe(before);
  });

  it('is written in the transaction of the change: one is not there without the other', async () => {
    await database.pool.query(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END';
       CREATE TRIGGER refuse BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION refuse()`,
    );
    expect((await ada.call('PUT', '/v1/segments/clicked', { rule: RULE })).status).toBe(500);
    await database.pool.query('DROP TRIGGER refuse ON audit_log');
    expect((await ada.call('GET', '/v1/segments/clicked')).status).toBe(404);
    const created = await ada.call('PUT', '/v1/segments/clicked', { rule: RULE });
    expect(created.status).toBe(201);
    expect(await byAda()).toHaveLength(1);
  });

  it('has one entry for each change, also where several are made at once', async () => {
    await Promise.all(
      ['a', 'b', 'c', 'd'].map((key) => ada.must('PUT', `/v1/ctas/${key}`, { patterns: [{ host: `${key}.example` }] })),
    );
    expect((await byAda()).map(({ target }) => target.key as string).sort()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('pages by a cursor', async () => {
    for (const key of ['a', 'b', 'c']) await ada.must('PUT', `/v1/segments/${key}`, { rule: RULE });
    const first = await turnout.must('GET', `/v1/audit-log?apiKey=${adaId}&limit=2`);
    expect(first['entries'].map(({ target }: JsonObject) => target.key)).toEqual(['c', 'b']);
    const second = await turnout.must('GET', `/v1/audit-log?apiKey=${adaId}&limit=2&after=${first['next']}`);
    expect(second['entries'].map(({ target }: JsonObject) => target.key)).toEqual(['a']);
    expect(second['next']).toBeNull();
    expect((await turnout.call('GET', '/v1/audit-log?after=nonsense')).status).toBe(400);
  });

  it('tells that somebody was erased, and not who; nor any secret', async () => {
    await turnout.send(
      customerioWebhook({ secret: SIGNING_KEY, at: T0, identifiers: { id: '4711', email: 'ada@example.com' } }),
    );
    await turnout.settle();
    await ada.must('DELETE', '/v1/profiles/email:ada@example.com');
    const { key, id } = await ada.must('POST', '/v1/api-keys', { name: 'x', scopes: ['ingest'] });
    await ada.must('POST', `/v1/api-keys/${id}/rotate`, {});
    const log = await byAda();
    expect(log.at(-1)).toMatchObject({
      action: 'DELETE /v1/profiles/:identifier',
      target: { identifier: '[hidden]' },
      detail: { profileId: expect.any(Number) },
    });
    expect(log.at(-2)).toMatchObject({ action: 'POST /v1/api-keys', detail: { apiKeyId: id, scopes: ['ingest'] } });
    const all = await rows();
    for (const secret of ['ada', '4711', key as string]) expect(all).not.toContain(secret);
  });

  it('begins with the key of the first start, which nobody made', async () => {
    const { ensureFirstKey } = await import('../../src/platform/auth/first-key.js');
    const { createDataSource } = await import('../../src/data-source.js');
    const other = await createTestDatabase();
    const dataSource = await createDataSource(other.url).initialize();
    await ensureFirstKey(dataSource, () => undefined);
    await dataSource.destroy();
    const { rows: written } = await other.pool.query('SELECT api_key_id, action FROM audit_log');
    expect(written).toEqual([{ api_key_id: null, action: 'first start' }]);
    await other.drop();
  });
});
