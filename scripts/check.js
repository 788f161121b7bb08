// `npm run check`: what can be said about the code without running the service. Every step runs, whatever the ones
// before it found; two at a time, the longest first.
import { ProgramFailed, runQuietly } from './program.js';
import { secondsSince } from './show-step.js';

const STEPS = [
  ['lint', ['node_modules/eslint/bin/eslint.js', '--max-warnings=0', '.']],
  ['format', ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.']],
  ['types', ['node_modules/typescript/bin/tsc', '--project', 'tsconfig.json', '--noEmit']],
  ['answers', ['--import', 'tsx', 'scripts/answer-schemas.ts', '--check']],
  ['imports', ['node_modules/dependency-cruiser/bin/dependency-cruise.mjs', 'src', 'migrations']],
  ['migrations', ['--import', 'tsx', 'scripts/check-migrations.ts']],
];
const AT_ONCE = 2;

const failed = [];
const waiting = [...STEPS];
try {
  console.log(`Checking: ${STEPS.map(([name]) => name).join(', ')} …`);
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  console.log(failed.length === 0 ? 'All checks passed.' : `These checks failed: ${failed.join(', ')}.`);
  process.exitCode = failed.length === 0 ? 0 : 1;
} catch (error) {
  console.error(error.exitCode ? error.message : error);
  process.exitCode = error.exitCode ?? 1;
}

/** One step after the other, until none is left. */
async function work() {
  for (let step = waiting.shift(); step; step = waiting.shift()) {
    const [name, args] = step;
    const startedAt = performance.now();
    try {
      await runQuietly(process.execPath, args);
      console.log(`${name}: passed (${secondsSince(startedAt)} s)`);
    } catch (error) {
      if (!(error instanceof ProgramFailed)) throw error;
      console.log(`${error.message}\n${name}: failed (${secondsSince(startedAt)} s)`);
      failed.push(name);
    }
  }
}
