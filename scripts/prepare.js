import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runQuietly } from './program.js';
import { showStep } from './show-step.js';

const BUILD_STAMP = 'dist/.built-from';
const BUILT_FROM = ['src', 'migrations', 'tsconfig.json', 'tsconfig.build.json', 'nest-cli.json', 'package-lock.json'];

/** Installs the packages and builds the service, each only if it is not up to date. */
export async function prepare() {
  await showStep('[1/3] packages', async () => {
    if (arePackagesInstalled()) return 'up to date';
    await runQuietly('npm', ['ci', '--no-audit', '--no-fund']);
    return 'installed';
  });
  await showStep('[2/3] build', async () => {
    const fingerprint = fingerprintOf(BUILT_FROM);
    if (existsSync(BUILD_STAMP) && readFileSync(BUILD_STAMP, 'utf8') === fingerprint) return 'up to date';
    await runQuietly(process.execPath, ['node_modules/@nestjs/cli/bin/nest.js', 'build']);
    writeFileSync(BUILD_STAMP, fingerprint);
    return 'built';
  });
}

/** Whether node_modules holds what the lockfile wants, by the record that npm leaves there when it is done. */
function arePackagesInstalled() {
  const record = 'node_modules/.package-lock.json';
  if (!existsSync(record)) return false;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  const wanted = JSON.parse(readFileSync('package-lock.json', 'utf8')).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    const isThisProject = path === '';
    const isForOtherMachines = entry.optional && !installed[path];
    return isThisProject || isForOtherMachines || installed[path]?.version === entry.version;
  });
}

/** One text for the state of all source files (names, sizes, times); tests don't count. */
function fingerprintOf(paths) {
  const hash = createHash('sha256');
  for (const file of paths.flatMap(filesUnder)) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function filesUnder(path) {
  if (!statSync(path).isDirectory()) return path.endsWith('.spec.ts') ? [] : [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesUnder(join(path, name)));
}
