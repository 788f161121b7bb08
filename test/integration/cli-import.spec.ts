import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../../src/cli/turnout.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { DAY, T0 } from '../support/builders.js';
import { TestTurnout } from '../support/turnout.js';

describe('turnout import', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;
  let folder: string;
  let key: string;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database);
    key = (await turnout.must('POST', '/v1/api-keys', { name: 'importer', scopes: ['ingest'] })).key as string;
    folder = await mkdtemp(join(tmpdir(), 'turnout-cli-'));
  });

  afterEach(async () => {
    await turnout.stop();
    await database.drop();
    await rm(folder, { recursive: true });
  });

  async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const said = { out: '', err: '' };
    const code = await runCli(args, {
      out: (text) => void (said.out += text),
      err: (text) => void (said.err += text),
      env: { TURNOUT_URL: turnout.url, TURNOUT_API_KEY: key },
      isTerminal: false,
    });
    return { code, ...said };
  }

  async function fileOf(lines: readonly string[], name = 'my events.ndjson'): Promise<string> {
    const file = join(folder, name);
    await writeFile(file, `${lines.join('\n')}\n`);
    return file;
  }

  const line = (n: number) =>
    JSON.stringify({
      id: `e${n}`,
      name: 'click',
      occurredAt: new Date(T0 - DAY + n).toISOString(),
      identifiers: { customer_id: String(n % 7) },
    });

  it('sends a file and says what became of it; again, it sends nothing', async () => {
    const file = await fileOf([line(1), line(2), line(2)]);
    const first = await run('import', file, '--complete-since', '2025-10-01T00:00:00Z');
    expect(first.err).toBe('');
    expect(first.code).toBe(0);
    expect(first.out).toMatch(
      /^Import my_events.ndjson-[0-9a-f]{12} is done: 3 lines, 2 events stored, 1 known already, 0/,
    );
    expect(first.out).toContain('complete since 2025-10-01T00:00:00Z: click.');
    expect(await run('import', file, '--complete-since', '2025-10-01T00:00:00Z')).toEqual(first);
    expect((await turnout.must('GET', '/v1/imports')).imports).toHaveLength(1);
  });

  it('sends what comes out of a pipe', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const [done] = await Promise.all([run('import', pipe), writeFile(pipe, `${line(1)}\n${line(2)}\n`)]);
    expect(done).toMatchObject({ code: 0, out: expect.stringContaining('2 lines, 2 events stored') });
    expect(await run('import', folder)).toMatchObject({ code: 2, err: expect.stringContaining('is a folder') });
  });

  it('tells bad lines with what would be right, and its exit code says so', async () => {
    const { code, out, err } = await run('import', await fileOf([line(1), '{}', line(3)]));
    expect(code).toBe(3);
    expect(out).toContain('1 set aside');
    expect(err).toBe('line 2: wrong_shape: id: expected 1 to 200 printable characters without spaces\n');
  });

  it('takes a file that ends in .csv for CSV, unless told otherwise', async () => {
    const csv = ['id,name,occurredAt,identifiers.customer_id', '1,click,2026-02-01T09:30:00Z,42'];
    const file = await fileOf(csv, 'events.CSV');
    expect(await run('import', file)).toMatchObject({ code: 0, out: expect.stringContaining('1 events stored') });
    expect(await run('import', file, '--format', 'ndjson')).toMatchObject({ code: 3 });
  });

  it('goes on where an import was left off', async () => {
    const lines = Array.from({ length: 1_000 }, (_, n) => line(n));
    const file = await fileOf(lines);
    const options = { format: 'ndjson', mapping: 'events', source: 'import', shop: null, map: {}, until: null };
    const bytes = Buffer.byteLength(`${lines.slice(0, 400).join('\n')}\n`);
    await database.pool.query(
      `INSERT INTO imports (id, options, state, run, bytes, lines, stored, duplicates, skipped, set_aside, too_old,
                            event_names, started_at, run_started_at, run_from_bytes, run_from_lines, updated_at)
       VALUES ('mine', $1, 'running', 1, $2, 400, 400, 0, 0, 0, 0, '{click}', now(), now(), 0, 0, now())`,
      [JSON.stringify({ ...options, completeSince: null }), bytes],
    );
    const { code, out } = await run('import', file, '--id', 'mine');
    expect([code, out]).toEqual([
      0,
      'Import mine is done: 1,000 lines, 1,000 events stored, 0 known already, 0 set aside.\n',
    ]);
    const { rows } = await database.pool.query('SELECT count(*) AS n FROM events');
    expect(rows).toEqual([{ n: '600' }]); // the rest alone
  });

  it('does not take a file for one that was imported under the same name, or in part', async () => {
    const [file, other] = [await fileOf([line(1)]), await fileOf([line(2)], 'other.ndjson')];
    expect((await run('import', file, '--id', 'mine')).code).toBe(0);
    expect((await run('import', file, '--id', 'mine')).code).toBe(0);
    const refused = await run('import', other, '--id', 'mine');
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('Give this one another --id.')]);
  });

  it('says in words why it can not', async () => {
    const file = await fileOf([line(1)]);
    const refused = await run('import', file, '--mapping', 'shopify-orders');
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(
      /^Refused \(400\): The import can not begin\.\n {2}\/shop: the file does not name its shop; expected/,
    );
    const wrong = await run('import', file, '--mapping', 'customerio-metrics', '--format', 'csv');
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('no column for "metric"')]);
    const away = await run('import', file, '--url', 'http://127.0.0.1:1', '--retries', '0');
    expect([away.code, away.err]).toEqual([1, expect.stringContaining('Run the same command again to go on.')]);
    key = 'tk_unknown';
    expect(await run('import', file)).toMatchObject({ code: 1, err: expect.stringContaining('Refused (401)') });
  });

  it.each([
    [['import'], 2, 'Expected one FILE.'],
    [['import', 'a', 'b'], 2, 'Expected one FILE.'],
    [['import', 'missing.csv'], 2, 'missing.csv can not be read (ENOENT).'],
    [['import', 'a', '--colour', 'red'], 2, "'--colour'"],
    [['export'], 2, 'There is no command "export".'],
    [[], 2, ''],
  ])('with %j ends with %d', async (args, code, said) => {
    const answer = await run(...args);
    expect(answer.code).toBe(code);
    expect(answer.err).toContain(said);
  });

  it('explains itself', async () => {
    expect(await run('--help')).toMatchObject({ code: 0, out: expect.stringContaining('import     sends a file') });
    expect(await run('import', '--help')).toMatchObject({ code: 0, out: expect.stringContaining('--complete-since') });
  });
});
