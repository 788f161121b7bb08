import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { installedNativeDir } from '../../src/platform/embedded-postgres/binaries.js';
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from '../../src/platform/embedded-postgres/embedded-postgres.js';

const OWNER = fileURLToPath(new URL('../support/embedded-postgres-owner.ts', import.meta.url));
const isRoot = process.getuid?.() === 0;
const asRoot = isRoot ? it : it.skip;

/** A folder for the test file that the server's user may enter, and in it the data that most tests share. */
let folder: string;
let dataDir: string;
let servers: EmbeddedPostgres[] = [];
let processes: ChildProcess[] = [];

beforeAll(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'turnout-embedded-'));
  await fs.chmod(folder, 0o755);
  dataDir = join(folder, 'shared', 'postgres');
});

afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  for (const child of processes) child.kill('SIGKILL');
  servers = [];
  processes = [];
});

afterAll(() => fs.rm(folder, { recursive: true }));

async function start(options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, port: 0, ...options });
  servers.push(server);
  return server;
}

function ownerArguments(options: EmbeddedPostgresOptions): string[] {
  return ['--import', 'tsx', OWNER, JSON.stringify(options)];
}

function ordinaryUser() {
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'nobody'])));
  return { uid: uid!, gid: gid! };
}

/** Starts a server from a process of its own, in a process group of its own. */
async function startInProcess(
  options: Partial<EmbeddedPostgresOptions> = {},
  user: { uid?: number; gid?: number } = {},
) {
  const owner = spawn(process.execPath, ownerArguments({ dataDir, port: 0, ...options }), {
    ...user,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  processes.push(owner);
  for await (const url of createInterface(owner.stdout)) return { owner, url, serverPid: await pidIn(options.dataDir) };
  throw new Error('The process that was to start a server ended');
}

async function killGroup(owner: ChildProcess): Promise<void> {
  const exit = once(owner, 'exit');
  process.kill(-owner.pid!, 'SIGKILL');
  await exit;
}

async function pidIn(dir = dataDir): Promise<number> {
  return Number((await fs.readFile(join(dir, 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A process that does nothing, run by the user who runs the server: the kind that PostgreSQL takes for a server. */
async function startBystander(): Promise<number> {
  const { uid, gid } = await fs.stat(dataDir);
  const child = spawn('sleep', ['600'], { uid, gid, stdio: 'ignore' });
  processes.push(child);
  await once(child, 'spawn');
  return child.pid!;
}

async function query<Row>(url: string, sql: string): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as Row[];
  } finally {
    await client.end();
  }
}

/** Commits a row with this note, for `notes` to find later. */
async function note(url: string, text: string): Promise<void> {
  await query(url, `CREATE TABLE IF NOT EXISTS notes (text text); INSERT INTO notes VALUES ('${text}')`);
}

async function notes(url: string): Promise<string[]> {
  return (await query<{ text: string }>(url, 'SELECT text FROM notes')).map(({ text }) => text);
}

/** The npm package's folder with the programs, in `parent`, as a package manager that runs no install scripts leaves it. */
async function copyNativeWithoutLinks(parent: string): Promise<string> {
  const nativeDir = join(parent, 'native');
  await fs.cp(installedNativeDir(), nativeDir, { recursive: true, verbatimSymlinks: true });
  await fs.cp(join(installedNativeDir(), '..', 'package.json'), join(parent, 'package.json'));
  for (const entry of await fs.readdir(join(nativeDir, 'lib'), { withFileTypes: true })) {
    if (entry.isSymbolicLink()) await fs.unlink(join(entry.parentPath, entry.name));
  }
  return nativeDir;
}

describe('an embedded PostgreSQL', () => {
  it('starts on a folder that does not exist yet, durable, in UTF8 and in the C locale', async () => {
    const { url } = await start();
    const [row] = await query(
      url,
      `SELECT current_database() AS database, datcollate AS collation, pg_encoding_to_char(encoding) AS encoding,
              current_setting('fsync') AS fsync, current_setting('max_connections') AS connections,
              current_setting('listen_addresses') AS addresses
       FROM pg_database WHERE datname = current_database()`,
    );
    expect(row).toEqual({
      database: 'turnout',
      collation: 'C',
      encoding: 'UTF8',
      fsync: 'on',
      connections: '100',
      addresses: '127.0.0.1',
    });
  });

  it('lets nobody in without the password, which only its own user can read', async () => {
    const { url } = await start();
    const wrong = new URL(url);
    wrong.password = 'guess';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
    expect((await fs.stat(join(dataDir, 'turnout-password'))).mode & 0o777).toBe(0o600);
  });

  it('keeps its data from one start to the next', async () => {
    const first = await start();
    await note(first.url, 'kept');
    await first.stop();
    const second = await start();
    expect(await notes(second.url)).toContain('kept');
  });

  it('has ended once it was stopped, however often it is', async () => {
    const server = await start();
    const pid = await pidIn();
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
    expect(isAlive(pid)).toBe(false);
  });

  it('takes the settings it is given in place of its own', async () => {
    const { url } = await start({ extraSettings: { fsync: 'off', max_connections: '17' } });
    expect(await query(url, 'SHOW fsync')).toEqual([{ fsync: 'off' }]);
    expect(await query(url, 'SHOW max_connections')).toEqual([{ max_connections: '17' }]);
  });

  it('takes another port when somebody listens on the wanted one', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port: taken } = other.address() as { port: number };
    const lines: string[] = [];
    const server = await start({ port: taken, onProgress: (line) => lines.push(line) });
    other.close();
    expect(server.port).not.toBe(taken);
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(lines.join()).toContain(`Port ${taken} is taken; PostgreSQL listens on ${server.port} instead`);
  });

  it('takes the wanted port when it is free', async () => {
    const { port } = await start();
    await servers[0]!.stop();
    expect((await start({ port })).port).toBe(port);
  });

  it('refuses a folder that holds something else, and leaves it alone', async () => {
    const foreign = join(folder, 'foreign');
    await fs.mkdir(foreign);
    await fs.writeFile(join(foreign, 'letter.txt'), 'dear');
    await expect(start({ dataDir: foreign })).rejects.toThrow(`${foreign} is not empty, yet holds no PostgreSQL data`);
    expect(await fs.readdir(foreign)).toEqual(['letter.txt']);
  });

  it('says what the server said when it does not start', async () => {
    await start().then((server) => server.stop());
    await expect(start({ extraSettings: { shared_buffers: 'plenty' } })).rejects.toThrow(
      /did not start \(exit code 1\).*invalid value for parameter "shared_buffers"/s,
    );
  });
});

describe('after a crash', () => {
  it('outlives a kill -9 of its owner and all its process group, and gives way to the next start', async () => {
    const { owner, url, serverPid } = await startInProcess();
    await note(url, 'before the owner was killed');
    await killGroup(owner);
    expect(await notes(url)).toContain('before the owner was killed');

    const next = await start();
    expect(await notes(next.url)).toContain('before the owner was killed');
    expect(await pidIn()).not.toBe(serverPid);
    expect(await fs.readFile(`${dataDir}.log.1`, 'utf8')).toContain('database system is shut down');
  });

  it('starts again after a kill -9 of owner and server, with all that was committed', async () => {
    const { owner, url, serverPid } = await startInProcess();
    await note(url, 'before the server was killed');
    process.kill(serverPid, 'SIGKILL');
    await killGroup(owner);
    expect(await pidIn()).toBe(serverPid);

    expect(await notes((await start()).url)).toContain('before the server was killed');
  });

  it('waits for a session that has not noticed yet that its server was killed', async () => {
    const { owner, url, serverPid } = await startInProcess();
    const session = new Client({ connectionString: url });
    session.on('error', () => undefined);
    await session.connect();
    const busy = `DECLARE until timestamptz := clock_timestamp() + interval '2 seconds';
                  BEGIN WHILE clock_timestamp() < until LOOP END LOOP; END`;
    void session.query(`DO $$ ${busy} $$`).catch(() => undefined);
    const isBusy = `SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'DO %'`;
    while ((await query(url, isBusy)).length === 0);
    process.kill(serverPid, 'SIGKILL');
    await killGroup(owner);

    expect(await query((await start()).url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('starts although the process number it left now belongs to a bystander, and spares it', async () => {
    await start().then((server) => server.stop());
    const bystander = await startBystander();
    const lock = [bystander, dataDir, 1, 1, '', '127.0.0.1', '', 'ready   ', ''].join('\n');
    await fs.writeFile(join(dataDir, 'postmaster.pid'), lock);

    const { url } = await start();
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(isAlive(bystander)).toBe(true);
  });

  it('starts although the process number it left now belongs to the server of other data, and spares that', async () => {
    await start().then((server) => server.stop());
    const elsewhere = join(folder, 'elsewhere');
    const { owner, url, serverPid } = await startInProcess({ dataDir: elsewhere, extraSettings: { fsync: 'off' } });
    await killGroup(owner);
    await fs.copyFile(join(elsewhere, 'postmaster.pid'), join(dataDir, 'postmaster.pid'));

    await start();
    expect(await pidIn()).not.toBe(serverPid);
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await start({ dataDir: elsewhere }); // ends the orphan
  });

  it('never takes the data away from an owner that lives', async () => {
    const { owner, url, serverPid } = await startInProcess();
    await expect(start({ ownerPatienceMs: 0 })).rejects.toThrow(
      `The PostgreSQL data in ${await fs.realpath(dataDir)} are in use: process ${owner.pid}`,
    );
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(await pidIn()).toBe(serverPid);
    await killGroup(owner);
    await start(); // ends the orphan
  });
});

describe('where the installation is not as it should be', () => {
  it("makes the libraries' links that an install without scripts leaves out", async () => {
    const parent = join(folder, 'unlinked');
    const nativeDir = await copyNativeWithoutLinks(parent);
    const { url } = await start({ nativeDir });
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(await fs.readlink(join(nativeDir, 'lib', 'libpq.so.5'))).toMatch(/^libpq\.so\.5\.\d+$/);
  });

  asRoot("runs from a copy, made once, when its user may not enter the programs' folder", async () => {
    const parent = join(folder, 'closed-programs');
    const nativeDir = await copyNativeWithoutLinks(parent);
    await fs.chmod(parent, 0o700);

    const { url } = await start({ nativeDir });
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    const copy = (await fs.readdir(dirname(dataDir))).find((name) => name.startsWith('postgresql-'))!;
    const made = await fs.stat(join(dirname(dataDir), copy));
    await servers[0]!.stop();
    await start({ nativeDir });
    expect((await fs.stat(join(dirname(dataDir), copy))).ctimeMs).toBe(made.ctimeMs);
  });

  asRoot('keeps the data elsewhere, behind a link, when its user may not enter their folder', async () => {
    const closed = join(folder, 'closed');
    await fs.mkdir(closed, { mode: 0o700 });
    const options = { dataDir: join(closed, 'data', 'postgres'), systemDir: join(folder, 'system') };

    const first = await start(options);
    await note(first.url, 'behind the link');
    await first.stop();
    const target = await fs.readlink(options.dataDir);
    expect(target.startsWith(options.systemDir)).toBe(true);

    const second = await start(options);
    expect(await notes(second.url)).toContain('behind the link');
    expect(await fs.readlink(options.dataDir)).toBe(target);
  });

  asRoot('says which folder to open when its user may enter none', async () => {
    const closed = join(folder, 'closed-both');
    await fs.mkdir(closed, { mode: 0o700 });
    const options = { dataDir: join(closed, 'postgres'), systemDir: join(closed, 'system') };
    await expect(start(options)).rejects.toThrow(`may enter neither the folder of its data nor ${options.systemDir}`);
  });

  asRoot('never starts with empty data when a link to them leads nowhere', async () => {
    const dangling = join(folder, 'dangling');
    await fs.symlink(join(folder, 'gone', 'data'), dangling);
    await expect(start({ dataDir: dangling })).rejects.toThrow(`${dangling} is a link to`);
  });

  asRoot('runs for an ordinary user, and for root as that user', async () => {
    const nobody = ordinaryUser();
    const home = join(folder, 'ordinary');
    await fs.mkdir(home);
    await fs.chown(home, nobody.uid, nobody.gid);
    const options = { dataDir: join(home, 'postgres'), extraSettings: { fsync: 'off' } };
    const { owner, url } = await startInProcess(options, nobody);
    await note(url, 'written for nobody');
    expect((await fs.stat(options.dataDir)).uid).toBe(nobody.uid);

    await killGroup(owner);
    expect(await notes((await start(options)).url)).toContain('written for nobody');
  });

  asRoot('says whose data they are when an ordinary user may not read them', async () => {
    await start().then((server) => server.stop());
    const attempt = promisify(execFile)(process.execPath, ownerArguments({ dataDir, port: 0 }), ordinaryUser());
    await expect(attempt).rejects.toThrow(
      `The PostgreSQL data in ${await fs.realpath(dataDir)} belong to another user`,
    );
  });
});
