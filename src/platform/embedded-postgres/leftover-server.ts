import { readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { run } from './server-user.js';

const POLL_MS = 25;
const FAST_SHUTDOWN_MS = 30_000;

/** How a server is told the process that started it. PostgreSQL lets any setting with a dot in its name pass. */
export const OWNER_SETTING = 'turnout.owner';

/** What a server writes into its data directory while it runs, in `postmaster.pid`. */
interface LockFile {
  pid: number;
  isReady: boolean;
}

interface RunningProcess {
  parentPid: number;
  program: string;
  /** With its arguments, separated by spaces. */
  command: string;
}

/** Undefined where there is no lock file, or one that is being written. */
export async function readLockFile(dataDir: string): Promise<LockFile | undefined> {
  const text = await readFile(lockFileOf(dataDir), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  return pid > 0 ? { pid, isReady: lines[7]?.trim() === 'ready' } : undefined;
}

/**
 * Makes sure that no server runs on these data: one that a killed process left is shut down, one whose owner lives gets
 * `patienceMs` milliseconds to end (a restart may overlap), and a lock file whose process is another by now is removed.
 * Throws when the data stay in use, and never signals a process that is not a server on these data.
 */
export async function endLeftoverServer(
  dataDir: string,
  patienceMs: number,
  report: (line: string) => void,
): Promise<void> {
  const giveUpAt = Date.now() + patienceMs;
  for (;;) {
    const lock = await readLockFile(dataDir);
    const found = lock && (await lookAt(lock.pid));
    // The lock file of a process that is gone is replaced by PostgreSQL itself.
    if (!lock || !found) return;
    if (!isServerOn(dataDir, lock.pid, found)) return rm(lockFileOf(dataDir), { force: true });
    if (isOrphan(found)) {
      report(`Stopping the PostgreSQL server that an earlier run left on ${dataDir} (process ${lock.pid})`);
      return shutDownLeftover(dataDir, lock.pid);
    }
    if (Date.now() >= giveUpAt) {
      throw new Error(
        `The PostgreSQL data in ${dataDir} are in use: process ${found.parentPid}, probably another Turnout, runs a server ` +
          `(${lock.pid}) on them. Stop that one first, or point this one to a folder of its own.`,
      );
    }
    await delay(POLL_MS);
  }
}

function lockFileOf(dataDir: string): string {
  return join(dataDir, 'postmaster.pid');
}

async function shutDownLeftover(dataDir: string, pid: number): Promise<void> {
  // "Fast" lets running statements go and writes all to disk, "immediate" leaves that to recovery at the next start.
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    process.kill(pid, signal);
    const giveUpAt = Date.now() + FAST_SHUTDOWN_MS;
    while (Date.now() < giveUpAt) {
      const found = await lookAt(pid);
      if (!found || !isServerOn(dataDir, pid, found)) return;
      await delay(POLL_MS);
    }
  }
  throw new Error(
    `The PostgreSQL server that an earlier run left on ${dataDir} does not end. Stop process ${pid} by hand, then start ` +
      'Turnout again.',
  );
}

/**
 * Whether a process is the main one of a server on these data. Process numbers are used again, so the number in the lock
 * file proves nothing. Throws when it is a server of which can't be told on what data.
 */
function isServerOn(dataDir: string, pid: number, { program, command }: RunningProcess): boolean {
  if (!['postgres', 'postmaster'].includes(basename(program))) return false;
  if (`${command} `.includes(` -D ${dataDir} `)) return true;
  if (command.includes(' -D /')) return false;
  throw new Error(
    `A PostgreSQL server (process ${pid}) may be using the data in ${dataDir}. Stop it, or, if it has other data, remove ` +
      `${lockFileOf(dataDir)}; then start Turnout again.`,
  );
}

/** One of ours that lost its owner: the parent of a process changes when, and only when, the parent ends. */
function isOrphan({ parentPid, command }: RunningProcess): boolean {
  const owner = new RegExp(` ${OWNER_SETTING}=(\\d+)`).exec(command)?.[1];
  return owner !== undefined && Number(owner) !== parentPid;
}

/** The process with this number, undefined where there is none. An ended one not yet reaped has an empty command. */
async function lookAt(pid: number): Promise<RunningProcess | undefined> {
  if (process.platform !== 'linux') {
    // Other systems have no /proc, and slim Linux images no ps.
    const { isOk, output } = await run('ps', ['-ww', '-o', 'ppid=', '-o', 'command=', '-p', String(pid)]);
    const [, parentPid, command] = /^(\d+)\s+(.*)$/.exec(output) ?? [];
    if (!isOk || command === undefined) return undefined;
    return { parentPid: Number(parentPid), program: command.split(' -')[0] ?? '', command };
  }
  try {
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const parentPid = Number(/^PPid:\s*(\d+)$/m.exec(status)?.[1]);
    return { parentPid, program: words[0] ?? '', command: words.join(' ').trim() };
  } catch {
    return undefined;
  }
}
