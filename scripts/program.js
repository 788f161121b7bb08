import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** A signal stopped the work; the exit code is the shell's for that signal. */
export class Interrupted extends Error {
  constructor(signal) {
    super(`Stopped by ${signal}.`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

/** A program that had to succeed did not. */
export class ProgramFailed extends Error {
  constructor(message, exitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

const running = new Set();
let receivedSignal;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
for (const signal of SIGNALS) process.on(signal, passOn);

function passOn(signal) {
  receivedSignal ??= signal;
  // Ctrl-C in a terminal reaches every process of the group by itself; twice would mean "at once" to some of them.
  if (signal === 'SIGINT' && process.stdin.isTTY) return;
  for (const child of running) child.kill(signal);
}

/** From now on a signal does to this process what it does to any other. */
export function leaveSignalsAlone() {
  throwIfInterrupted();
  for (const signal of SIGNALS) process.off(signal, passOn);
}

// When npm is told to end, it ends the shell that it started this in, and nobody tells us.
if (process.env.npm_lifecycle_event) {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    if (!receivedSignal) process.kill(process.pid, 'SIGTERM');
  }, 250).unref();
}

/** Throws {@link Interrupted} if a signal asked this process to stop. */
export function throwIfInterrupted() {
  if (receivedSignal) throw new Interrupted(receivedSignal);
}

/**
 * Starts a program that is sent every signal this process gets. `exited` resolves with its exit code (128 + n after
 * signal n) and, if `isQuiet`, what it wrote; it rejects if the program can't be started.
 */
export function startProgram(command, args, { env = process.env, isQuiet = false } = {}) {
  // npm is a batch file on Windows, which only a shell can start.
  const shell = process.platform === 'win32' && command === 'npm';
  const child = spawn(command, args, { env, shell, stdio: isQuiet ? ['ignore', 'pipe', 'pipe'] : 'inherit' });
  running.add(child);
  let output = '';
  child.stdout?.on('data', (chunk) => (output += chunk));
  child.stderr?.on('data', (chunk) => (output += chunk));
  const exited = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ exitCode: code ?? 128 + constants.signals[signal], output }));
  }).finally(() => running.delete(child));
  return { child, exited };
}

/**
 * Runs a program to its end. Throws {@link Interrupted} if a signal came meanwhile, unless the program
 * `mayEndOnSignal`: its exit code then tells how it ended.
 */
export async function runProgram(command, args, { mayEndOnSignal = false, ...options } = {}) {
  throwIfInterrupted();
  const result = await startProgram(command, args, options).exited;
  if (!mayEndOnSignal) throwIfInterrupted();
  return result;
}

/** Runs a program that must succeed, silently; throws {@link ProgramFailed} with all that it wrote otherwise. */
export async function runQuietly(command, args) {
  const { exitCode, output } = await runProgram(command, args, { isQuiet: true });
  if (exitCode === 0) return;
  throw new ProgramFailed(`${output}\n"${[command, ...args].join(' ')}" failed with exit code ${exitCode}.`, exitCode);
}
