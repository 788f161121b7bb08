// Runs a program in TypeScript as the service runs: as plain JavaScript. Loaders for development keep the names of functions
// at a cost.
//
//   node scripts/run-bundled.js test/oracle/oracle.ts --seconds 60
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');

/** Returns the program's exit code. */
export async function runBundled(path, options) {
  // Within the packages, so that the program finds those that are not bundled with it.
  const cache = join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'turnout-bundled-'));
  try {
    const program = join(folder, `${basename(path, '.ts')}.mjs`);
    const form = { platform: 'node', format: 'esm', target: 'node20', packages: 'external' };
    await build({ entryPoints: [join(root, path)], outfile: program, bundle: true, ...form });
    return spawnSync(process.execPath, [program, ...options], { stdio: 'inherit' }).status ?? 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [path, ...options] = process.argv.slice(2);
  if (path === undefined) {
    console.error('Name a program: node scripts/run-bundled.js test/oracle/oracle.ts [options]');
    process.exit(2);
  }
  process.exitCode = await runBundled(path, options);
}
