import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { mutated, type Mutant } from './mutate.js';
import type { Stage } from './stages.js';

/** What the copies do without: made of the rest, or of no use to a test. Packages are linked. */
const NOT_COPIED = ['node_modules', '.git', 'dist', 'coverage', '.turnout'];
const LONGEST_HEAP_MB = 2_048;
/** A program that is given so little of the processor by others is stopped, too. */
const TIMES_IF_STARVED = 20;
/** What a shell ends with when the system stopped its program for that (128 and the number of SIGXCPU). */
const OUT_OF_TIME = 152;
const HAS_GROUPS = process.platform !== 'win32';

export interface StageEnd {
  outcome: 'passed' | 'failed' | 'timeout';
  /** Of the processor's time. */
  seconds: number;
  output: string;
}

/** A place under the system's temporary folder for copies of the project, with which everything written there goes. */
export class Workshop {
  private readonly running = new Set<ChildProcess>();

  private constructor(private readonly folder: string) {}

  static async open(): Promise<Workshop> {
    const workshop = new Workshop(await mkdtemp(join(tmpdir(), 'turnout-mutants-')));
    // PostgreSQL, which never runs as root, reaches its own folder below this one as another user.
    await chmod(workshop.folder, 0o711);
    await mkdir(workshop.temporary);
    return workshop;
  }

  /** A copy of a project: of the one in the working directory, or of a copy of it. */
  async bench(name: string, from = '.'): Promise<Bench> {
    const folder = join(this.folder, name);
    for (const entry of readdirSync(from).filter((one) => !NOT_COPIED.includes(one))) {
      await cp(join(from, entry), join(folder, entry), { recursive: true });
    }
    await symlink(resolve('node_modules'), join(folder, 'node_modules'), 'junction');
    return new Bench(this, folder);
  }

  /** Runs Node in a folder; a program that takes more time of the processor is killed. */
  async run(args: string[], cwd: string, longestSeconds: number): Promise<StageEnd> {
    const startedAt = performance.now();
    const [command, ...before] = limited(longestSeconds);
    const child = spawn(command!, [...before, `--max-old-space-size=${LONGEST_HEAP_MB}`, ...args], {
      cwd,
      env: this.environment(),
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      // Tests start programs, too: in a process group of their own all of them can be killed.
      detached: HAS_GROUPS,
    });
    this.running.add(child);
    let [output, times] = ['', ''];
    child.stdout!.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr!.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stdio[3]!.on('data', (chunk: Buffer) => (times += chunk.toString()));
    let isLate = false;
    const timer = setTimeout(
      () => {
        isLate = true;
        kill(child);
      },
      longestSeconds * TIMES_IF_STARVED * 1_000,
    );
    try {
      const exitCode = await new Promise<number | null>((settle, reject) => {
        child.on('error', reject).on('close', settle);
      });
      const outcome = isLate || exitCode === OUT_OF_TIME ? 'timeout' : exitCode === 0 ? 'passed' : 'failed';
      return { outcome, seconds: secondsIn(times) ?? (performance.now() - startedAt) / 1_000, output };
    } finally {
      clearTimeout(timer);
      this.running.delete(child);
    }
  }

  /** At once, so that it can be the last thing that a process does. */
  close(): void {
    for (const child of this.running) kill(child);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Caches of Jest and tsx go to the temporary folder, too: of so many variants of a file nobody has any use. */
  private environment(): NodeJS.ProcessEnv {
    const { NODE_OPTIONS: _, ...own } = process.env;
    return { ...own, TMPDIR: this.temporary, TMP: this.temporary, TEMP: this.temporary };
  }

  private get temporary(): string {
    return join(this.folder, 'tmp');
  }
}

/**
 * Node with a limit on its own work, not on the time by the clock, and what it took of it at last: however busy the machine
 * is, only what hangs is stopped. Where the system has no such limit, and for what waits for ever, the clock has to do.
 */
function limited(longestSeconds: number): string[] {
  if (!HAS_GROUPS) return [process.execPath];
  const script = `ulimit -S -t ${Math.ceil(longestSeconds)}; "$0" "$@"; code=$?; times >&3; exit $code`;
  return ['sh', '-c', script, process.execPath];
}

/** The second line of what the shell's `times` says is of the programs that it has run: `1m2.34s 0m5.60s`. */
function secondsIn(times: string): number | undefined {
  const parts = times
    .split('\n')[1]
    ?.match(/[\d.]+/g)
    ?.map(Number);
  if (parts?.length !== 4) return undefined;
  const [userMinutes, user, systemMinutes, system] = parts as [number, number, number, number];
  return (userMinutes + systemMinutes) * 60 + user + system;
}

function kill(child: ChildProcess): void {
  if (!HAS_GROUPS || child.pid === undefined) return void child.kill('SIGKILL');
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}

/** A copy of the project in which one mutant at a time is tried. */
export class Bench {
  constructor(
    private readonly workshop: Workshop,
    private readonly folder: string,
  ) {}

  run(stage: Stage, files: readonly string[], longestSeconds: number): Promise<StageEnd> {
    return this.workshop.run(stage.args(files), this.folder, longestSeconds);
  }

  /** Does something while the mutant stands in the copy. */
  withMutant<T>(mutant: Mutant, work: () => Promise<T>): Promise<T> {
    return this.withChanged(mutant.file, (original) => mutated(original, mutant), work);
  }

  /** Does something while a file of the copy says something else. */
  async withChanged<T>(file: string, change: (original: string) => string, work: () => Promise<T>): Promise<T> {
    const path = join(this.folder, file);
    const original = await readFile(path, 'utf8');
    await writeFile(path, change(original));
    try {
      return await work();
    } finally {
      await writeFile(path, original);
    }
  }

  /** Another one that is the same, whatever was written in the work tree meanwhile. */
  copy(name: string): Promise<Bench> {
    return this.workshop.bench(name, this.folder);
  }

  async textOf(file: string): Promise<string> {
    return readFile(join(this.folder, file), 'utf8');
  }
}
