import { migrateDatabase } from '../../src/platform/database.js';
import { startScratchPostgres } from '../support/scratch-postgres.js';
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
  const postgres = await startScratchPostgres({ fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' });
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
        await postgres.stop();
      },
    };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}
