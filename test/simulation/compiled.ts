import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/core';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDERS = ['src', 'migrations', 'test/support', 'test/simulation'];

/**
 * Our sources and tests as plain JavaScript with the metadata of decorators, which Nest goes by and tsx leaves out, in a
 * temporary folder that goes with this process. Returns where it is.
 */
export function compiled(): string {
  const folder = mkdtempSync(join(tmpdir(), 'turnout-simulation-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const part of FOLDERS) {
    for (const name of readdirSync(join(ROOT, part), { recursive: true, encoding: 'utf8' })) {
      if (/\.[a-z]+$/.test(name) && !name.endsWith('.spec.ts')) compileOne(folder, join(part, name));
    }
  }
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction');
  return folder;
}

function compileOne(folder: string, path: string): void {
  const target = join(folder, path);
  mkdirSync(dirname(target), { recursive: true });
  if (!path.endsWith('.ts')) return cpSync(join(ROOT, path), target);
  const filename = join(ROOT, path);
  const { code } = transformSync(readFileSync(filename, 'utf8'), { filename, cwd: ROOT, sourceMaps: 'inline' });
  writeFileSync(target.replace(/\.ts$/, '.js'), code);
}
