import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres/embedded-postgres.js';

export interface ScratchPostgres {
  url: string;
  /** Of the server's first process, whose children do the work. */
  pid: number;
  /** Ends the server and removes its data. */
  stop(): Promise<void>;
}

/** A PostgreSQL with an empty database of its own, for one run of a command. `settings` as in postgresql.conf. */
export async function startScratchPostgres(settings: Record<string, string> = {}): Promise<ScratchPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'turnout-scratch-'));
  chmodSync(folder, 0o755); // as root, the server is another user
  const dataDir = join(folder, 'postgres');
  const server = await startEmbeddedPostgres({ dataDir, port: 0, extraSettings: settings });
  return {
    url: server.url,
    pid: Number(readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n')[0]),
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
