import { prepare } from './prepare.js';
import { leaveSignalsAlone, runProgram } from './program.js';
import { runTests } from './run-tests.js';

const COMMANDS = {
  async start() {
    await prepare();
    console.log('[3/3] starting Turnout');
    // In this process, not in one of its own: a signal then comes once, whoever sends it, and a second one means haste.
    leaveSignalsAlone();
    process.setSourceMapsEnabled(true);
    await import('../dist/src/main.js');
    return undefined;
  },
  async demo(args) {
    await prepare();
    console.log('[3/3] starting the demo');
    const demo = ['--import', 'tsx', 'test/demo/demo.ts', ...args];
    return (await runProgram(process.execPath, demo, { mayEndOnSignal: true })).exitCode;
  },
  async fuzz(args) {
    await prepare();
    console.log('[3/3] starting the fuzzer');
    const fuzz = ['--import', 'tsx', 'test/fuzz/fuzz.ts', ...args];
    return (await runProgram(process.execPath, fuzz, { mayEndOnSignal: true })).exitCode;
  },
  async test(args) {
    await prepare();
    return runTests(args);
  },
};

/** Runs the command of that name; resolves with the exit code, or with undefined if this process goes on. */
export async function runCommand(name, args) {
  if (!Object.hasOwn(COMMANDS, name ?? '')) {
    console.error(`Usage: node scripts/run.js ${Object.keys(COMMANDS).join('|')} [arguments]`);
    return 2;
  }
  return COMMANDS[name](args);
}
