import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT } from '../../src/cli/command.js';
import { runCli } from '../../src/cli/turnout.js';
import { T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { TestTurnout, type JsonObject } from '../support/turnout.js';

/** Midnight in Berlin, where quarters are counted; in UTC an hour or two earlier. */
const Q2 = Date.UTC(2026, 2, 31, 22);
const Q3 = Date.UTC(2026, 5, 30, 22);
const iso = (at: number) => new Date(at).toISOString();

const SCHEMA = {
  timeZone: 'Europe/Berlin',
  hosts: ['shop.example'],
  keys: {
    utm_source: { required: true, allowed: ['customerio'] },
    utm_medium: { required: true, allowed: ['email', 'sms'] },
    utm_campaign: { required: true, pattern: '{words}' },
  },
  channels: {
    email: { keys: { utm_medium: { allowed: ['email'] } } },
    sms: { keys: { utm_medium: { allowed: ['sms'] } } },
  },
};
const CHANGED = { ...SCHEMA, keys: { ...SCHEMA.keys, utm_campaign: { required: true, pattern: '{quarter}_{words}' } } };
const RIGHT = 'https://shop.example/?utm_source=customerio&utm_medium=email&utm_campaign=summer';

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

const put = (body: object) => turnout.call('PUT', '/v1/utm/schema', body);
const versionAt = async (at: number) =>
  (await turnout.call('GET', `/v1/utm/schema?at=${iso(at)}`)).body['version'] as unknown;

describe('the naming schema', () => {
  it('holds from its first declaration on, a change from the next quarter of its time zone on', async () => {
    expect(await put({ schema: SCHEMA })).toMatchObject({
      status: 201,
      body: { version: 1, validFrom: iso(T0), validUntil: null },
    });
    expect(await put({ schema: CHANGED })).toMatchObject({
      status: 201,
      body: { version: 2, validFrom: iso(Q2), midPeriod: false },
    });
    expect(await versionAt(T0 - 1)).toBeUndefined();
    expect([await versionAt(T0), await versionAt(Q2 - 1), await versionAt(Q2), await versionAt(Q2 + 1)]).toEqual([
      1, 1, 2, 2,
    ]);
    const { versions } = await turnout.must('GET', '/v1/utm/schema/versions');
    expect(versions).toMatchObject([
      { version: 2, schema: CHANGED },
      { version: 1, schema: SCHEMA, validUntil: iso(Q2) },
    ]);
    expect(await turnout.must('GET', '/v1/utm/schema/versions/1')).toMatchObject({ schema: SCHEMA });
    expect(await turnout.call('GET', '/v1/utm/schema/versions/3')).toMatchObject({ status: 404 });
  });

  it('keeps the order in which keys were declared', async () => {
    await put({ schema: SCHEMA });
    const { schema } = await turnout.must('GET', '/v1/utm/schema');
    expect(Object.keys((schema as JsonObject)['keys'] as object)).toEqual(['utm_source', 'utm_medium', 'utm_campaign']);
  });

  it('may have begun before it was declared, but a change never does', async () => {
    await put({ schema: SCHEMA, validFrom: '2025-01-01T00:00:00Z' });
    expect(await versionAt(Date.UTC(2025, 0, 1))).toBe(1);
    const refused = await put({ schema: CHANGED, validFrom: iso(T0 - 1), midPeriod: true, reason: 'was so' });
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer: '/validFrom' }] } });
  });

  it('changes within a quarter only when that is marked, and then shows so', async () => {
    await put({ schema: SCHEMA });
    for (const at of [T0, Q2 - 1, Q2 + 1]) {
      const refused = await put({ schema: CHANGED, validFrom: iso(at) });
      expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer: '/validFrom' }] } });
    }
    expect(await put({ schema: CHANGED, validFrom: iso(T0), midPeriod: true })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/reason' }] },
    });
    const marked = await put({
      schema: CHANGED,
      validFrom: iso(Q2 + 1),
      midPeriod: true,
      reason: 'the agency changed',
    });
    expect(marked).toMatchObject({ status: 201, body: { midPeriod: true, reason: 'the agency changed' } });
    expect([await versionAt(Q2), await versionAt(Q2 + 1)]).toEqual([1, 2]);
  });

  it('that is announced can be replaced before it begins', async () => {
    await put({ schema: SCHEMA });
    await put({ schema: CHANGED, validFrom: iso(Q3) });
    await put({ schema: { ...CHANGED, separator: '-' }, validFrom: iso(Q2) });
    expect([await versionAt(Q2 - 1), await versionAt(Q2), await versionAt(Q3)]).toEqual([1, 3, 3]);
    const { versions } = await turnout.must('GET', '/v1/utm/schema/versions');
    expect((versions as JsonObject[]).map(({ isWithdrawn }) => isWithdrawn as boolean)).toEqual([false, true, false]);
  });

  it('that is put again as it is makes no version', async () => {
    await put({ schema: SCHEMA });
    expect(await put({ schema: SCHEMA })).toMatchObject({ status: 200, body: { version: 1 } });
    const both = await Promise.all([put({ schema: CHANGED }), put({ schema: CHANGED })]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 201]);
  });

  it('is refused with all that is wrong, and its changes are in the audit log', async () => {
    const wrong = { schema: { keys: { utm_source: { allowed: ['A'] } } }, reason: 'why' };
    expect((await put(wrong)).body['errors']).toMatchObject([
      { pointer: '/reason' },
      { pointer: '/schema/keys/utm_source/allowed/0' },
    ]);
    await put({ schema: SCHEMA });
    const { entries } = await turnout.must('GET', '/v1/audit-log');
    expect(JSON.stringify(entries)).toContain('/v1/utm/schema');
  });
});

describe('a look at links', () => {
  const lint = (body: object) => turnout.call('POST', '/v1/utm/lint', body);

  it('needs a schema, and one thing to look at', async () => {
    expect(await lint({ urls: [RIGHT] })).toMatchObject({ status: 404 });
    await put({ schema: SCHEMA });
    expect(await lint({})).toMatchObject({ status: 400, body: { errors: [{ pointer: '/urls' }] } });
    expect(await lint({ urls: [RIGHT], channel: 'fax' })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/channel' }] },
    });
  });

  it('is by the schema of the instant asked for', async () => {
    await put({ schema: SCHEMA });
    await put({ schema: CHANGED });
    const wrong = async (at: number) => (await lint({ urls: [RIGHT], at: iso(at) })).body['wrong'] as unknown;
    expect([await wrong(T0), await wrong(Q2 - 1), await wrong(Q2)]).toEqual([0, 0, 1]);
  });

  it('finds the links of a template, with line and column', async () => {
    await put({ schema: SCHEMA });
    const template = `<p>\n<a href="${RIGHT.replaceAll('&', '&amp;')}">a</a> <a class="untracked" href="https://shop.example/x">\n<a href="https://shop.example/account/reset/1"><a href="https://shop.example/unsubscribe">\n<a href="https://shop.example/y"><a href="{{ url }}">`;
    const { body } = await lint({ template, channel: 'email' });
    expect(body).toMatchObject({ judged: 2, wrong: 1, kinds: { missing: 3 } });
    expect(body['links']).toMatchObject([
      { line: 2, column: 10, findings: [] },
      { line: 4, column: 10 },
    ]);
  });

  it('of a file goes through it as it comes, and tells the lines', async () => {
    await put({ schema: SCHEMA });
    const lines = [
      'name;Link;channel',
      `a;"${RIGHT}";email`,
      '"two\nlines";https://shop.example/;sms',
      `b;${RIGHT};sms`,
      'c;https://other.example/;',
    ];
    const answer = await postCsv('', `\ufeff${lines.join('\r\n')}`);
    expect(answer).toMatchObject({ status: 200, body: { column: 'Link', links: 4, wrong: 2, isComplete: true } });
    expect((answer.body['lines'] as JsonObject[]).map(({ line }) => line as number)).toEqual([4, 5]);
    expect(await postCsv('?column=where', 'a,b\n1,2')).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/column' }] },
    });
    expect(await postCsv('', '')).toMatchObject({ status: 400 });
    const utf16 = await postCsv('', Buffer.from('\ufeffurl\nhttps://shop.example/\n', 'utf16le'));
    expect(utf16).toMatchObject({ status: 200, body: { column: 'url', links: 1 } });
    const many = await postCsv('', `url\n${'https://shop.example/\n'.repeat(60_000)}`);
    expect(many.body).toMatchObject({ links: 60_000, wrong: 60_000, isComplete: false, kinds: { missing: 180_000 } });
    expect(many.body['lines']).toHaveLength(1_000);
  });

  async function postCsv(query: string, body: string | Buffer<ArrayBuffer>) {
    const headers = { authorization: turnout.authorization, 'content-type': 'text/csv' };
    const response = await fetch(`${turnout.url}/v1/utm/lint/csv${query}`, { method: 'POST', headers, body });
    return { status: response.status, body: (await response.json()) as JsonObject };
  }
});

describe('turnout utm lint', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'turnout-utm-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  async function run(...args: string[]): Promise<{ exitCode: number; out: string; err: string }> {
    const printed = { out: '', err: '' };
    const exitCode = await runCli(['utm', ...args], {
      out: (text) => (printed.out += text),
      err: (text) => (printed.err += text),
      env: { TURNOUT_URL: turnout.url, TURNOUT_API_KEY: turnout.authorization.slice('Bearer '.length) },
      isTerminal: false,
    });
    return { exitCode, ...printed };
  }
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  it('tells by its exit code whether a URL, a template or a file of links is right', async () => {
    await put({ schema: SCHEMA });
    expect(await run('lint', RIGHT)).toMatchObject({ exitCode: EXIT.done, out: '1 link, 0 not right\n' });
    const wrong = await run('lint', RIGHT.replace('=email', '=E-Mail'));
    expect(wrong.exitCode).toBe(EXIT.failed);
    expect(wrong.out).toContain('expected "email"');
    expect(wrong.out).toContain(`→ ${RIGHT}`);
    const page = file('mail.html', `\n<a href="https://shop.example/">`);
    expect(await run('lint', page)).toMatchObject({
      exitCode: EXIT.failed,
      out: expect.stringContaining('line 2:10: ') as string,
    });
    const list = file('links.csv', `url\n${RIGHT}\n`);
    expect(await run('lint', list)).toMatchObject({ exitCode: EXIT.done });
    const asJson = await run('lint', list, '--channel', 'sms', '--json');
    expect(JSON.parse(asJson.out)).toMatchObject({ wrong: 1, lines: [{ line: 2, channel: 'sms' }] });
  });

  it('says what is wrong with how it was called', async () => {
    expect(await run('lint')).toMatchObject({ exitCode: EXIT.usage });
    expect(await run('lint', join(folder, 'none.html'))).toMatchObject({ exitCode: EXIT.usage });
    expect(await run('lint', file('mail', ''))).toMatchObject({ exitCode: EXIT.usage });
    expect(await run('lint', RIGHT)).toMatchObject({
      exitCode: EXIT.failed,
      err: expect.stringContaining('404') as string,
    });
  });
});
