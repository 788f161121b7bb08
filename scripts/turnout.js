#!/usr/bin/env node
// `npx turnout`: the command line. What it does is in src/cli; this only finds the build.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const cli = new URL('../dist/src/cli/turnout.js', import.meta.url);
if (!existsSync(fileURLToPath(cli))) {
  console.error('Turnout is not built yet: run "npm run build" first.');
  process.exit(1);
}
const { runCli } = await import(cli.href);
// Whoever reads may stop, as `head` does; what was begun goes on.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
process.exitCode = await runCli(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  env: process.env,
  isTerminal: process.stderr.isTTY === true,
});
