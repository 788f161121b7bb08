import { EXIT } from '../../src/cli/command.js';
import { runCli } from '../../src/cli/turnout.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { TestTurnout } from '../support/turnout.js';

describe('turnout keys', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  beforeAll(async () => {
    database = await createTestDatabase();
    turnout = await TestTurnout.start(database);
  });

  afterAll(async () => {
    await turnout.stop();
    await database.drop();
  });

  async function run(...args: string[]): Promise<{ exitCode: number; out: string; err: string }> {
    const printed = { out: '', err: '' };
    const exitCode = await runCli(['keys', ...args], {
      out: (text) => (printed.out += text),
      err: (text) => (printed.err += text),
      env: { TURNOUT_URL: turnout.url, TURNOUT_API_KEY: turnout.authorization.slice('Bearer '.length) },
      isTerminal: false,
    });
    return { exitCode, ...printed };
  }
  const statusOf = async (key: string) =>
    (await fetch(`${turnout.url}/v1/segments`, { headers: { authorization: `Bearer ${key.trim()}` } })).status;

  it('make, list, rotate and revoke keys', async () => {
    const made = await run('create', 'crm', '--scopes', 'manage,decide', '--expires-in-days', '30');
    expect(made.exitCode).toBe(EXIT.done);
    expect(made.out).toMatch(/^tk_[\w-]{43}\n$/);
    const id = /[0-9a-f-]{36}/.exec(made.err)![0];
    expect(await statusOf(made.out)).toBe(200);

    const rotated = await run('rotate', id, '--grace-hours', '1');
    expect(rotated.out).toMatch(/^tk_[\w-]{43}\n$/);
    expect([await statusOf(made.out), await statusOf(rotated.out)]).toEqual([200, 200]);

    const { out } = await run('list');
    const line = out.split('\n').find((one) => one.startsWith(id))!;
    expect(line).toContain('manage,decide');
    expect(line).toContain('good until 2026-01-01T01:00:00.000Z');
    expect(out).not.toContain(made.out.trim());

    const other = await run('create', 'gone', '--scopes', 'manage');
    expect((await run('revoke', /[0-9a-f-]{36}/.exec(other.err)![0])).exitCode).toBe(EXIT.done);
    expect(await statusOf(other.out)).toBe(401);
  });

  it('say what is wrong', async () => {
    expect(await run('create', 'crm')).toMatchObject({ exitCode: EXIT.usage, out: '' });
    expect(await run('burn', 'crm')).toMatchObject({ exitCode: EXIT.usage });
    expect(await run('revoke')).toMatchObject({ exitCode: EXIT.usage });
    const refused = await run('create', 'crm', '--scopes', 'admin');
    expect(refused).toMatchObject({ exitCode: EXIT.failed, out: '' });
    expect(refused.err).toContain('ingest');
    expect((await run('rotate', 'nobody')).err).toContain('404');
  });
});
