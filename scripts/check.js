// `npm run check`: what can be said about the code without running the service. Every step runs, whatever the ones
// before it found.
import { ProgramFailed, runQuietly } from './program.js';
import { showStep } from './show-step.js';

const STEPS = [
  ['format', ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.']],
  ['lint', ['node_modules/eslint/bin/eslint.js', '--max-warnings=0', '.']],
  ['types', ['node_modules/typescript/bin/tsc', '--project', 'tsconfig.json', '--noEmit']],
  ['imports', ['node_modules/dependency-cruiser/bin/dependency-cruise.mjs', 'src', 'migrations']],
  ['answers', ['--import', 'tsx', 'scripts/answer-schemas.ts', '--check']],
  ['migrations', ['--import', 'tsx', 'scripts/check-migrations.ts']],
];

const failed = [];
try {
  for (const [index, [name, args]] of STEPS.entries()) {
    try {
      await showStep(`[${index + 1}/${STEPS.length}] ${name}`, async () => {
        await runQuietly(process.execPath, args);
        return 'passed';
      });
    } catch (error) {
      if (!(error instanceof ProgramFailed)) throw error;
      console.log(error.message);
      failed.push(name);
    }
  }
  console.log(failed.length === 0 ? 'All checks passed.' : `These checks failed: ${failed.join(', ')}.`);
  process.exitCode = failed.length === 0 ? 0 : 1;
} catch (error) {
  console.error(error.exitCode ? error.message : error);
  process.exitCode = error.exitCode ?? 1;
}
