import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres/embedded-postgres.js';

export interface ScratchPostgres {
  url: string;
  /** Of the server's first process, whose children do the work. */
  pid: number;
  /** Ends the server, everything committed on disk, and starts it again at the same place. */
  restart(): Promise<void>;
  /** Ends the server and removes its data. */
  stop(): Promise<void>;
}

/** A PostgreSQL with an empty database of its own, for one run of a command. `settings` as in postgresql.conf. */
export async function startScratchPostgres(settings: Record<string, string> = {}): Promise<ScratchPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'turnout-scratch-'));
  chmodSync(folder, 0o755); // as root, the server is another user
  const dataDir = join(folder, 'postgres');
  let server = await startEmbeddedPostgres({ dataDir, port: 0, extraSettings: settings });
  const { url, port } = server;
  return {
    url,
    get pid() {
      return Number(readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n')[0]);
    },
    restart: async () => {
      await server.stop();
      server = await startEmbeddedPostgres({ dataDir, port, extraSettings: settings });
      if (server.url !== url) throw new Error(`somebody took the port ${port} meanwhile`);
    },
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
