import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { run, type ServerUser } from './server-user.js';

export const SUPERUSER = 'turnout';

/** Lies in the data directory itself, so that data and password are only ever copied, moved and removed together. */
const PASSWORD_FILE = 'turnout-password';

/**
 * The real path of the data directory, its parent made where missing. The server's user must be able to get there: where
 * a folder above is closed to it (as /root is) new data go to a folder in `systemDir`, and the wanted path becomes a
 * link to it. Throws when data already lie where the user can't get, or a link leads nowhere.
 */
export async function placeDataDirectory(
  wanted: string,
  systemDir: string,
  user: ServerUser | undefined,
  report: (line: string) => void,
): Promise<string> {
  const path = resolve(wanted);
  await fs.mkdir(dirname(path), { recursive: true });
  const dataDir = await realPathOf(path);
  if (await canEnter(dirname(dataDir), user)) return dataDir;
  if (!(await isEmpty(dataDir))) {
    throw new Error(
      `The PostgreSQL data in ${dataDir} lie below a folder that the server's user (uid ${user?.uid}) may not enter. ` +
        'Allow it to (chmod o+x on each folder above), or move the data and point Turnout to them.',
    );
  }
  const target = join(await makeSystemFolder(systemDir, user), 'data');
  await fs.rm(dataDir, { recursive: true, force: true });
  await fs.symlink(target, dataDir);
  report(`PostgreSQL may not enter ${dirname(dataDir)}: the data are kept in ${target}, with a link from ${dataDir}`);
  return target;
}

/**
 * The superuser's password of existing data, undefined where there are none yet. Throws where the directory holds
 * something else or can't be read.
 */
export async function readPassword(dataDir: string): Promise<string | undefined> {
  try {
    if (await isEmpty(dataDir)) return undefined;
    return await fs.readFile(join(dataDir, PASSWORD_FILE), 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES') {
      throw new Error(
        `The PostgreSQL data in ${dataDir} belong to another user. Run Turnout as the user it ran as before (root, if ` +
          'that was it), or give the data to the present one (chown -R).',
      );
    }
    if (code !== 'ENOENT') throw error;
    throw new Error(
      `${dataDir} is not empty, yet holds no PostgreSQL data made by Turnout (there is no ${PASSWORD_FILE}). Point ` +
        'Turnout to another folder, or set DATABASE_URL if a PostgreSQL server of your own owns these data.',
    );
  }
}

/** Makes a new, empty cluster with a random password, whole or not at all, and returns the password. */
export async function createCluster(
  dataDir: string,
  options: { initdb: string; user: ServerUser | undefined; isDurable: boolean },
): Promise<string> {
  const { initdb, user, isDurable } = options;
  const staging = await fs.mkdtemp(`${dataDir}-new-`);
  try {
    const password = randomBytes(24).toString('base64url');
    const passwordFile = join(staging, PASSWORD_FILE);
    await fs.writeFile(passwordFile, password, { mode: 0o600 });
    if (user) for (const path of [passwordFile, staging]) await fs.chown(path, user.uid, user.gid);

    const data = join(staging, 'data');
    const settings = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-instructions'];
    if (!isDurable) settings.push('--no-sync');
    const { isOk, output } = await run(
      initdb,
      [`--pgdata=${data}`, `--username=${SUPERUSER}`, `--pwfile=${passwordFile}`, ...settings],
      user,
    );
    if (!isOk) throw new Error(`PostgreSQL could not make its data directory ${dataDir}: ${output}`);

    await fs.rename(passwordFile, join(data, PASSWORD_FILE));
    await fs.rename(data, dataDir);
    return password;
  } finally {
    await fs.rm(staging, { recursive: true, force: true });
  }
}

/** Of a path that need not exist, where its parent does. */
async function realPathOf(path: string): Promise<string> {
  const target = await fs.readlink(path).catch(() => undefined);
  const place = target === undefined ? path : resolve(dirname(path), target);
  try {
    return join(await fs.realpath(dirname(place)), basename(place));
  } catch {
    throw new Error(
      `${path} is a link to ${place}, which is gone. Bring the data back, or remove the link to start with none.`,
    );
  }
}

async function canEnter(dir: string, user: ServerUser | undefined): Promise<boolean> {
  return user === undefined || (await run('test', ['-x', dir], user)).isOk;
}

async function isEmpty(dir: string): Promise<boolean> {
  try {
    return (await fs.readdir(dir)).length === 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
    throw error;
  }
}

/** A new folder of its own in `systemDir`, which the server's user may enter. */
async function makeSystemFolder(systemDir: string, user: ServerUser | undefined): Promise<string> {
  await fs.mkdir(systemDir, { recursive: true, mode: 0o755 });
  const folder = await fs.mkdtemp(join(systemDir, 'postgresql-'));
  await fs.chmod(folder, 0o755);
  if (await canEnter(folder, user)) return folder;
  await fs.rmdir(folder);
  throw new Error(
    `PostgreSQL's user (uid ${user?.uid}) may enter neither the folder of its data nor ${systemDir}. Open one of them ` +
      '(chmod o+x), point Turnout to another folder for its data, or set DATABASE_URL to a PostgreSQL server of your own.',
  );
}
