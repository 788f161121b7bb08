import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { freePort } from '../../src/platform/free-port.js';

export interface RedisServer {
  url: string;
  /** Ends the server as kill -9 does, with all that it held, and starts it again on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** An empty Redis on 127.0.0.1 that keeps nothing; undefined where `redis-server` is not installed. */
export async function startRedis(): Promise<RedisServer | undefined> {
  const port = await freePort(0);
  let kill = await launch(port);
  if (!kill) return undefined;
  return {
    url: `redis://127.0.0.1:${port}`,
    restart: async () => {
      await kill!();
      kill = await launch(port);
    },
    stop: () => kill!(),
  };
}

/** Resolves with what ends it, once it is ready; undefined where there is no such program. */
async function launch(port: number): Promise<(() => Promise<void>) | undefined> {
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', settings, { cwd: tmpdir(), stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    await once(child, 'spawn');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const ended = once(child, 'exit');
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);

  const output: string[] = [];
  const isReady = () => output.at(-1)?.includes('Ready to accept connections') ?? false;
  for await (const line of createInterface(child.stdout)) {
    output.push(line);
    if (isReady()) break;
  }
  if (!isReady()) throw new Error(`redis-server did not start on port ${port}: ${output.join('\n')}`);
  child.stdout.resume();
  return async () => {
    process.off('exit', kill);
    kill();
    await ended;
  };
}
