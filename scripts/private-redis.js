import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startProgram } from './program.js';

const LONGEST_START_MS = 10_000;

/**
 * Starts a Redis of our own on a free port, keeping nothing on disk. Resolves with undefined if this machine has no
 * redis-server; throws if it does not start.
 */
export async function startPrivateRedis() {
  const folder = mkdtempSync(join(tmpdir(), 'turnout-redis-'));
  const port = await freePort();
  const settings = { port, bind: '127.0.0.1', dir: folder, save: '', appendonly: 'no', loglevel: 'warning' };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const { child, exited } = startProgram('redis-server', args, { isQuiet: true });
  const ended = exited.catch((error) => ({ error })).finally(() => rmSync(folder, { recursive: true, force: true }));

  let early;
  void ended.then((result) => (early = result));
  const deadline = performance.now() + LONGEST_START_MS;
  while (!early && !(await answersPing(port))) {
    if (performance.now() > deadline) child.kill('SIGKILL');
    await delay(20);
  }
  if (early?.error?.code === 'ENOENT') return undefined;
  if (early) throw new Error(`redis-server did not start: ${early.error?.message ?? early.output}`);
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** A port that was free a moment ago. */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function answersPing(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('data', (answer) => resolve(answer.toString().startsWith('+PONG')));
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
    socket.once('data', () => socket.destroy());
  });
}
