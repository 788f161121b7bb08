import { readFile } from 'node:fs/promises';
import { VERSION } from './version.js';

it('is the version that package.json has', async () => {
  const manifest = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(VERSION).toBe(manifest.version);
});
