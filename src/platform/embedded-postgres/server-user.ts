import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Under whom PostgreSQL's programs run, where that is not ourselves. */
export interface ServerUser {
  uid: number;
  gid: number;
}

/** All that the programs get of an environment: our own may hold secrets, or PG* variables that would mislead them. */
export const SERVER_ENVIRONMENT = {
  LC_ALL: 'C',
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
};

const USER_NAME = 'postgres';

/**
 * PostgreSQL refuses to run as root. As root, its user is whoever owns the data already, else `postgres`, created if
 * missing; undefined means ourselves. Throws when the user can't be created.
 */
export async function findServerUser(dataDir: string): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const data = await stat(join(dataDir, 'PG_VERSION')).catch(() => undefined);
  if (data && data.uid !== 0) return { uid: data.uid, gid: data.gid };
  return (await lookUp()) ?? (await create());
}

/** Runs a program as this user to its end. Never rejects because the program failed: `output` then says why. */
export function run(command: string, args: string[], user?: ServerUser): Promise<{ isOk: boolean; output: string }> {
  return new Promise((resolve) => {
    execFile(command, args, { ...user, env: SERVER_ENVIRONMENT, cwd: '/' }, (error, stdout, stderr) =>
      resolve({ isOk: error === null, output: `${stdout}${stderr}`.trim() || (error?.message ?? '') }),
    );
  });
}

async function lookUp(): Promise<ServerUser | undefined> {
  const [uid, gid] = await Promise.all([run('id', ['-u', USER_NAME]), run('id', ['-g', USER_NAME])]);
  return uid.isOk && gid.isOk ? { uid: Number(uid.output), gid: Number(gid.output) } : undefined;
}

async function create(): Promise<ServerUser> {
  const group = await run('groupadd', ['--system', '--force', USER_NAME]);
  const user = await run('useradd', ['--system', '--gid', USER_NAME, '--no-create-home', USER_NAME]);
  const created = await lookUp();
  if (created) return created;
  throw new Error(
    `Turnout runs as root, which PostgreSQL refuses, and the user "${USER_NAME}" to run it as could not be created ` +
      `(${[group, user].map(({ output }) => output).join(' ')}). Create that user, run Turnout as an ordinary user, or ` +
      'set DATABASE_URL to a PostgreSQL server of your own.',
  );
}
