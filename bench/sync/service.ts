import type { CustomerioServer } from '../../test/support/customerio-server/customerio-server.js';
import { TurnoutClient, turnoutEnv } from '../../test/support/turnout.js';
import { Pool } from 'pg';
import { startProgram, stopProgram } from '../programs.js';

export interface Service {
  client: TurnoutClient;
  pid: number;
  stop(): Promise<void>;
}

interface Start {
  roles: string;
  /** Without a destination, what is owed waits. */
  customerio?: CustomerioServer;
  isProfiled?: boolean;
}

/** The service on a database. */
export async function startService(url: string, { roles, customerio, isProfiled = false }: Start): Promise<Service> {
  const env = {
    ...turnoutEnv({ url }, customerio),
    DATABASE_POOL_SIZE: '10',
    SWEEP_INTERVAL_MS: '100',
    LOG_LEVEL: 'warn',
    API_BODY_LIMIT_BYTES: '67108864',
    WEBHOOK_BODY_LIMIT_BYTES: '67108864',
    TURNOUT_ROLES: roles,
  };
  const { child, port, key } = await startProgram('service.js', { env, isProfiled });
  const client = new TurnoutClient(`http://127.0.0.1:${port}`, key);
  return { client, pid: child.pid!, stop: () => stopProgram(child) };
}

/** Which survives that its server is stopped. */
export function poolOf(url: string): Pool {
  return new Pool({ connectionString: url, max: 1 }).on('error', () => undefined);
}

export async function untilSent(pool: Pool): Promise<void> {
  for (;;) {
    const { rows } = await pool.query('SELECT FROM outbox WHERE due_at IS NOT NULL OR claim IS NOT NULL LIMIT 1');
    if (rows.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
