import { spawn, type ChildProcess } from 'node:child_process';
import { open, readFile, rename } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../free-port.js';
import { OWNER_SETTING, readLockFile } from './leftover-server.js';
import { SERVER_ENVIRONMENT, type ServerUser } from './server-user.js';

const POLL_MS = 25;
const LEFTOVER_BACKENDS_MS = 30_000;
const FAST_SHUTDOWN_MS = 30_000;
const READY = Symbol('ready');

export interface Launch {
  dataDir: string;
  postgres: string;
  user: ServerUser | undefined;
  port: number;
  extraSettings: Record<string, string>;
  report: (line: string) => void;
}

export interface Server {
  child: ChildProcess;
  port: number;
  /** Resolves with how it ended. */
  ended: Promise<string>;
}

/** Starts the server and waits until it answers, however long recovery takes. */
export async function launch(request: Launch): Promise<Server> {
  const { dataDir, report } = request;
  const giveUpAt = Date.now() + LEFTOVER_BACKENDS_MS;
  await rename(logOf(dataDir), `${logOf(dataDir)}.1`).catch(() => undefined);
  for (let wanted = request.port; ;) {
    const port = await freePort(wanted);
    if (wanted !== 0 && port !== wanted) report(`Port ${wanted} is taken; PostgreSQL listens on ${port} instead`);
    const server = await spawnServer(request, port);
    const how = await Promise.race([server.ended, whenReady(server, dataDir)]);
    if (how === READY) return server;

    const log = (await readFile(logOf(dataDir), 'utf8')).trim();
    if (log.includes('Address already in use')) {
      wanted = 0; // taken since we looked
    } else if (log.includes('is still in use') && Date.now() < giveUpAt) {
      await delay(POLL_MS); // sessions of a server that was killed notice it within moments
    } else {
      throw new Error(
        `The PostgreSQL server on ${dataDir} did not start (${how}). Its log, ${logOf(dataDir)}, says: ${log.slice(-2000)}`,
      );
    }
  }
}

async function whenReady({ child, ended }: Server, dataDir: string): Promise<typeof READY> {
  let hasEnded = false;
  void ended.then(() => (hasEnded = true));
  while (!hasEnded) {
    const lock = await readLockFile(dataDir);
    if (lock?.isReady && lock.pid === child.pid) break;
    await delay(POLL_MS);
  }
  return READY;
}

async function spawnServer({ dataDir, postgres, user, extraSettings }: Launch, port: number): Promise<Server> {
  const settings = Object.entries({ ...serverSettings(port), ...extraSettings }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const log = await open(logOf(dataDir), 'w', 0o600);
  try {
    const child = spawn(postgres, ['-D', dataDir, ...settings], {
      ...user,
      cwd: '/',
      env: SERVER_ENVIRONMENT,
      // A session of its own: Ctrl-C reaches us alone, who close connections first. A file for a log: a pipe would end
      // with us, and the server may not.
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    return { child, port, ended };
  } finally {
    await log.close();
  }
}

/** Ends connections, writes all to disk and waits for the end. */
export async function shutDown({ child, ended }: Server): Promise<void> {
  // "Fast" lets running statements go and writes all to disk, "immediate" leaves that to recovery at the next start.
  child.kill('SIGINT');
  await Promise.race([ended, delay(FAST_SHUTDOWN_MS, undefined, { ref: false })]);
  child.kill('SIGQUIT');
  await ended;
}

export function logOf(dataDir: string): string {
  return `${dataDir}.log`;
}

function serverSettings(port: number): Record<string, string> {
  return {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    [OWNER_SETTING]: String(process.pid),
    max_connections: '100',
    shared_buffers: '256MB',
    max_wal_size: '2GB',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    // Statements and rows hold people's data, which no log may.
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
  };
}
