import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrateDatabase } from '../../src/platform/database.js';
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres/embedded-postgres.js';
import { ServiceProcess } from '../support/service-process.js';
import { SHOPIFY_SECRET, SIGNING_KEY } from '../support/turnout.js';

/** The built service as a process of its own, on a PostgreSQL of its own. */
export interface FuzzedService {
  url: string;
  key: string;
  /** What it has printed, each stall of its event loop among it. */
  printed(): string;
  stop(): Promise<void>;
}

export async function startFuzzedService(): Promise<FuzzedService> {
  const folder = await mkdtemp(join(tmpdir(), 'turnout-fuzz-'));
  await chmod(folder, 0o755); // as root, the server is another user
  const postgres = await startEmbeddedPostgres({
    dataDir: join(folder, 'postgres'),
    port: 0,
    extraSettings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' },
  });
  const takeDown = async (): Promise<void> => {
    await postgres.stop();
    await rm(folder, { recursive: true });
  };
  try {
    await migrateDatabase(postgres.url);
    const service = await ServiceProcess.start({
      DATABASE_URL: postgres.url,
      CUSTOMERIO_SIGNING_KEYS: SIGNING_KEY,
      SHOPIFY_WEBHOOK_SECRETS: SHOPIFY_SECRET,
      PORT: '0',
      NODE_OPTIONS: '--import=./test/fuzz/watch-loop.js',
    });
    return {
      url: service.url,
      key: service.firstKey!,
      printed: () => service.printed,
      stop: async () => {
        await service.end('SIGTERM');
        await takeDown();
      },
    };
  } catch (error) {
    await takeDown();
    throw error;
  }
}
