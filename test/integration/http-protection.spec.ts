import { connect } from 'node:net';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { TestTurnout, type JsonObject } from '../support/turnout.js';

describe('the edge of the service', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  beforeAll(async () => {
    database = await createTestDatabase();
    const limits = {
      MANAGE_REQUESTS_PER_SECOND: '1',
      DECIDE_REQUESTS_PER_SECOND: '0',
      INGEST_REQUESTS_PER_SECOND: '1',
    };
    turnout = await TestTurnout.start(database, undefined, { ...limits, API_BODY_LIMIT_BYTES: '4096' });
  });

  afterAll(async () => {
    await turnout.stop();
    await database.drop();
  });

  const newKey = async (...scopes: string[]): Promise<string> => {
    const { rows } = await database.pool.query<{ n: string }>('SELECT count(*) AS n FROM api_keys');
    const made = await turnout.must('POST', '/v1/api-keys', { name: `key ${rows[0]!.n}`, scopes });
    return made['key'] as string;
  };
  const ask = (path: string, key?: string, init: RequestInit = {}) =>
    fetch(turnout.url + path, {
      ...init,
      headers: { ...(key && { authorization: `Bearer ${key}` }), ...init.headers },
    });

  /** The whole answer to bytes as they are. */
  function answerTo(bytes: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const { hostname, port } = new URL(turnout.url);
      const socket = connect(Number(port), hostname, () => socket.write(bytes));
      let text = '';
      socket.on('data', (data) => (text += data.toString()));
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });
  }

  it.each([
    ['an answer', '/healthz', 200],
    ['a refusal', '/v1/segments', 401],
    ['what is not there', '/nothing', 404],
  ])('tells browsers to trust nothing of %s', async (_case, path, status) => {
    const response = await ask(path);
    expect(response.status).toBe(status);
    const headers = Object.fromEntries(response.headers);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'strict-transport-security': 'max-age=31536000',
    });
    expect(headers['content-security-policy']).toMatch(/^default-src 'none';/);
    expect(headers['content-security-policy']).not.toMatch(/unsafe-eval|script-src[^;]*unsafe-inline/);
    expect(headers).not.toHaveProperty('x-powered-by');
  });

  it('lets nobody on the way keep answers about people', async () => {
    for (const path of ['/v1/profiles/customer_id:1', '/v1/segments', '/healthz']) {
      expect((await ask(path)).headers.get('cache-control')).toBe('no-store');
    }
  });

  it('refuses JSON that is nested deeper than 64 levels, and takes 64', async () => {
    const key = await newKey('manage');
    const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
    const post = async (levels: number) => {
      const headers = { 'content-type': 'application/json' };
      const response = await ask('/v1/api-keys', key, { method: 'POST', headers, body: nested(levels) });
      return (await response.json()) as JsonObject;
    };
    expect(await post(65)).toMatchObject({ status: 400, detail: expect.stringContaining('64 levels') });
    expect((await post(64)).detail).not.toContain('levels');
  });

  it('refuses a body that is too large', async () => {
    const body = JSON.stringify({ name: 'x'.repeat(5000) });
    const headers = { 'content-type': 'application/json' };
    const response = await ask('/v1/api-keys', await newKey('manage'), { method: 'POST', headers, body });
    expect(await response.json()).toMatchObject({ status: 413, detail: expect.stringContaining('4096 bytes') });
  });

  it.each(['GET', 'DELETE'])(
    'takes the longest identifier there is in a path (%s), and refuses longer parts',
    async (method) => {
      const key = await newKey('manage');
      const longest = `shopify_customer_id%3A${encodeURIComponent('é'.repeat(160))}`;
      const response = await ask(`/v1/profiles/${longest}`, key, { method });
      expect(await response.json()).toMatchObject({ status: 404, detail: expect.stringContaining('No profile') });
      const tooLong = await ask(`/v1/profiles/email:${'a'.repeat(1_024)}`, key, { method });
      expect(await tooLong.json()).toMatchObject({ status: 414, detail: expect.stringContaining('1024 characters') });
    },
  );

  it('keeps an idle connection for longer than its other end does', async () => {
    const kept = (await ask('/healthz')).headers.get('keep-alive') ?? '';
    // A client in Go gives it up after 90 s; a request that meets our closing fails, and Customer.io then waits for an hour.
    expect(Number(/^timeout=(\d+)$/.exec(kept)?.[1])).toBeGreaterThan(90);
  });

  it('refuses headers that are too large, as a problem', async () => {
    const answer = await answerTo(`GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toContain('Content-Type: application/problem+json');
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({ status: 431 });
  });

  it('refuses what is no HTTP, as a problem that quotes nothing', async () => {
    const answer = await answerTo('ada@example.com\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('application/problem+json');
    expect(answer).not.toContain('ada');
  });

  it('turns away a key that asks too often, says when to come again, and lets others in', async () => {
    const [busy, other] = [await newKey('manage'), await newKey('manage')];
    const answers = await Promise.all(Array.from({ length: 11 }, () => ask('/v1/rules/schema', busy)));
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array.from({ length: 10 }, () => 200), 429]);
    expect(Number(refused[0]!.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await refused[0]!.json()).toMatchObject({ status: 429, detail: expect.stringContaining('1 requests') });
    expect((await ask('/v1/rules/schema', other)).status).toBe(200);
  });

  it('counts for each scope by itself, and not at all where there is no limit', async () => {
    const key = await newKey('manage', 'decide', 'ingest');
    const decide = () => ask('/v1/journeys/j/branch-points/b/decide', key, { method: 'POST' });
    const decisions = await Promise.all(Array.from({ length: 30 }, decide));
    expect(decisions.filter(({ status }) => status === 429)).toEqual([]);
    const track = () => ask('/v1/track', key, { method: 'POST' });
    const calls = await Promise.all(Array.from({ length: 12 }, track));
    expect(calls.filter(({ status }) => status === 429)).toHaveLength(2);
    expect((await ask('/v1/rules/schema', key)).status).toBe(200);
  });
});
