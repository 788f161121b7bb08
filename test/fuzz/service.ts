import { randomBytes } from 'node:crypto';
import { migrateDatabase } from '../../src/platform/database.js';
import { startCustomerioServer } from '../support/customerio-server/customerio-server.js';
import { startScratchPostgres } from '../support/scratch-postgres.js';
import { ServiceProcess } from '../support/service-process.js';
import { turnoutEnv } from '../support/turnout.js';

/** The built service as a process of its own, on a PostgreSQL of its own, beside a stand-in for Customer.io. */
export interface FuzzedService {
  url: string;
  key: string;
  /** What it has printed, each stall of its event loop among it. */
  printed(): string;
  stop(): Promise<void>;
}

export async function startFuzzedService(): Promise<FuzzedService> {
  const customerio = await startCustomerioServer();
  customerio.seedSegment({ id: 7, name: 'clickers', type: 'manual' });
  const postgres = await startScratchPostgres({ fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' });
  const end = async () => {
    await postgres.stop();
    await customerio.stop();
  };
  try {
    await migrateDatabase(postgres.url);
    const service = await ServiceProcess.start({
      ...turnoutEnv(postgres, customerio),
      SWEEP_INTERVAL_MS: '1000',
      SECRETS_KEYS: randomBytes(32).toString('base64'),
      NODE_OPTIONS: '--import=./test/fuzz/watch-loop.js',
    });
    return {
      url: service.url,
      key: service.firstKey!,
      printed: () => service.printed,
      stop: async () => {
        await service.end('SIGTERM');
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}
