import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export default async function (): Promise<void> {
  const state = globalThis as { turnoutTestServer?: ChildProcess };
  const child = state.turnoutTestServer;
  if (!child) return;
  delete state.turnoutTestServer;
  const exit = once(child, 'exit');
  child.disconnect();
  await exit;
}
