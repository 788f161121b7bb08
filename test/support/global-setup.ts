import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/**
 * Runs in Jest's parent process, whose environment the test workers inherit. The server belongs to a process of its own,
 * since Jest does not load a setup's imports as ES modules, and so that it goes away even when Jest is killed.
 */
export default async function (): Promise<void> {
  const state = globalThis as { turnoutTestServer?: ChildProcess };
  if (state.turnoutTestServer) return;
  const child = fork(fileURLToPath(new URL('./test-server.ts', import.meta.url)), { execArgv: ['--import', 'tsx'] });
  const started = once(child, 'message') as Promise<[string]>;
  const ended = once(child, 'exit').then(() => {
    throw new Error('The PostgreSQL server for the tests did not start; the reason is printed above.');
  });
  const [adminUrl] = await Promise.race([started, ended]);
  ended.catch(() => undefined);
  process.env.TEST_ADMIN_URL = adminUrl;
  state.turnoutTestServer = child;
}
