import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import type { RedisServer } from '../support/redis.js';
import type { ScratchPostgres } from '../support/scratch-postgres.js';
import type { TurnoutClient } from '../support/turnout.js';
import type { World } from './world.js';

/** What the service stands on, to be taken from under it. */
export interface Ground {
  postgres: ScratchPostgres;
  redis?: RedisServer | undefined;
}

/** Something that happens to what the service stands on, while it goes on itself. */
export interface Outage {
  name: string;
  /** Where the queues have to be for it to mean anything; wherever they are unless given. */
  queues?: 'postgres' | 'redis';
  /** Resolves once all is there again. */
  strike(ground: Ground): Promise<void>;
}

/** The longest that a lock is waited for before the server looks whether two wait for each other. */
const DEADLOCK_LOOK_MS = 1_000;
/** So long this side waits, in which the other one has looked. */
const DEADLOCK_TURN_MS = 3_000;
const DEADLOCK_PATIENCE_MS = 20_000;
const LOCK_NOT_AVAILABLE = '55P03';

const OUTAGES: readonly Outage[] = [
  { name: 'the database is restarted', strike: ({ postgres }) => postgres.restart() },
  { name: 'the database crashes and recovers', strike: crash },
  { name: 'all connections to the database are cut', strike: (ground) => cut(ground, 'true') },
  {
    name: 'who listens for jobs is cut off, and nobody else',
    queues: 'postgres',
    strike: (ground) => cut(ground, `application_name = 'turnout-queues'`),
  },
  { name: 'the service and somebody else wait for each other', strike: lockAcross },
  { name: 'Redis is flushed', queues: 'redis', strike: flush },
  { name: 'Redis is killed and comes back with nothing', queues: 'redis', strike: ({ redis }) => redis!.restart() },
];

export function outagesWith(queues: 'postgres' | 'redis'): Outage[] {
  return OUTAGES.filter((one) => one.queues === undefined || one.queues === queues);
}

/** Lets things happen before, during and after an outage; what was refused meanwhile is sent again, as senders do. */
export async function livesThrough(outage: Outage, world: World, client: TurnoutClient, ground: Ground): Promise<void> {
  for (let n = 0; n < 3; n++) await world.happen(client);
  let isOver = false;
  const struck = outage.strike(ground).finally(() => (isOver = true));
  while (!isOver) {
    await world.happen(client).catch(() => undefined);
    await delay(20);
  }
  await struck;
  for (let n = 0; n < 3; n++) {
    // Until what was cut is connected again somebody may still be told to come back.
    await world.happen(client).catch(() => undefined);
  }
}

/** One of the server's own processes dies, after which it ends all others and recovers from its log. */
async function crash({ postgres }: Ground): Promise<void> {
  await asOutsider(postgres, async (client) => {
    const { rows } = await client.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'turnout%' AND pid <> pg_backend_pid() LIMIT 1`,
    );
    process.kill(rows[0]!.pid, 'SIGKILL');
    // All connections end with it, this one too.
    while (await client.query('SELECT pg_sleep(0.01)').then(() => true, () => false)); // prettier-ignore
  });
  while (!(await asOutsider(postgres, (client) => client.query('SELECT')).then(() => true, () => false))) await delay(20); // prettier-ignore
}

async function cut({ postgres }: Ground, which: string): Promise<void> {
  await asOutsider(postgres, async (client) => {
    const { rowCount } = await client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name LIKE 'turnout%' AND pid <> pg_backend_pid() AND ${which}`,
    );
    if (rowCount === 0) throw new Error('nobody was connected');
  });
}

/**
 * Holds everybody's row until a transaction of the service waits for one, and then waits for what that one has written. The
 * server notices by whoever looks, which this one does not: so it is the service's transaction that is sent back.
 */
async function lockAcross({ postgres }: Ground): Promise<void> {
  await asOutsider(postgres, async (client) => {
    const before = await deadlocks(client);
    const until = performance.now() + DEADLOCK_PATIENCE_MS;
    while ((await deadlocks(client)) === before) {
      if (performance.now() > until) throw new Error('the service was never sent back');
      await crossLocks(client);
      await client.query('SELECT pg_stat_force_next_flush()');
    }
  });
}

/** Once. Whoever waited before looks at most once for a circle, and has perhaps done so: this one gives up then. */
async function crossLocks(client: Client): Promise<void> {
  try {
    await client.query(`BEGIN; SET LOCAL deadlock_timeout = '1h'; SET LOCAL lock_timeout = '${DEADLOCK_TURN_MS}ms'`);
    await client.query('SELECT FROM profiles FOR UPDATE');
    if (await waitedFor(client)) await client.query('LOCK TABLE receipts IN SHARE MODE');
  } catch (error) {
    if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw error;
  } finally {
    await client.query('ROLLBACK');
  }
}

/** Whether a transaction that has taken in events comes to wait for this one. */
async function waitedFor(client: Client): Promise<boolean> {
  const until = performance.now() + DEADLOCK_LOOK_MS;
  while (performance.now() < until) {
    const { rowCount } = await client.query(
      `SELECT FROM pg_locks AS waiting JOIN pg_locks AS written USING (pid)
        WHERE NOT waiting.granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))
          AND written.relation = 'receipts'::regclass AND written.mode = 'RowExclusiveLock'`,
    );
    if (rowCount! > 0) return true;
    await delay(5);
  }
  return false;
}

async function deadlocks(client: Client): Promise<number> {
  const { rows } = await client.query<{ deadlocks: string }>(
    'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
  );
  return Number(rows[0]!.deadlocks);
}

async function flush({ redis }: Ground): Promise<void> {
  const client = new Redis(redis!.url);
  await client.flushall();
  client.disconnect();
}

async function asOutsider<T>({ url }: ScratchPostgres, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
