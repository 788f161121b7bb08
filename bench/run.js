// Runs a benchmark as the service runs: as plain JavaScript. Loaders for development keep the names of functions at a cost.
//
//   npm run bench -- rules --events 50
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const [name = '', ...options] = process.argv.slice(2);
if (!/^[a-z-]+$/.test(name)) {
  console.error('Name a benchmark: npm run bench -- rules | touch | wakeups | ctas | ingest | decide | due [options]');
  process.exit(2);
}
// Within the packages, so that a benchmark finds those that are not bundled with it.
const cache = join(import.meta.dirname, '..', 'node_modules', '.cache');
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, 'turnout-bench-'));
try {
  const program = join(folder, `${name}.mjs`);
  const entryPoints = [join(import.meta.dirname, `${name}.ts`)];
  const form = { platform: 'node', format: 'esm', target: 'node20', packages: 'external' };
  await build({ entryPoints, outfile: program, bundle: true, ...form });
  process.exitCode = spawnSync(process.execPath, [program, ...options], { stdio: 'inherit' }).status ?? 1;
} finally {
  rmSync(folder, { recursive: true });
}
