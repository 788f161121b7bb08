// Runs a benchmark as the service runs: as plain JavaScript. Loaders for development keep the names of functions at a cost.
//
//   npm run bench -- rules --events 50
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

const [name = '', ...options] = process.argv.slice(2);
if (!/^[a-z-]+$/.test(name)) {
  console.error('Name a benchmark: npm run bench -- rules | touch | wakeups | ctas [options]');
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), 'turnout-bench-'));
try {
  const program = join(folder, `${name}.mjs`);
  const entryPoints = [join(import.meta.dirname, `${name}.ts`)];
  await build({ entryPoints, outfile: program, bundle: true, platform: 'node', format: 'esm', target: 'node20' });
  process.exitCode = spawnSync(process.execPath, [program, ...options], { stdio: 'inherit' }).status ?? 1;
} finally {
  rmSync(folder, { recursive: true });
}
