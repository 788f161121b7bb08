import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { freePort } from '../../src/platform/free-port.js';

export interface RedisServer {
  url: string;
  stop(): Promise<void>;
}

/** An empty Redis on 127.0.0.1 that keeps nothing; undefined where `redis-server` is not installed. */
export async function startRedis(): Promise<RedisServer | undefined> {
  const port = await freePort(0);
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
  return {
    url: `redis://127.0.0.1:${port}`,
    stop: async () => {
      process.off('exit', kill);
      kill();
      await ended;
    },
  };
}
