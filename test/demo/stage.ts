import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Pool } from 'pg';
import { migrateDatabase } from '../../src/platform/database.js';
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres/embedded-postgres.js';
import { startCustomerioServer, type CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { CONTROLLED_CLOCK, setClock } from '../support/database.js';
import { PlainShop } from '../support/plain-shop.js';
import { ServiceProcess } from '../support/service-process.js';
import { settle, turnoutEnv, TurnoutClient } from '../support/turnout.js';

/** How long Customer.io is not told of an entry that rests on what did not happen. */
export const SETTLE_DELAY = 15 * 60_000;

/**
 * Everything the story needs, for real: a PostgreSQL, the built service in a process of its own, and a Customer.io that
 * keeps to its contract. Only the clock is ours: the service asks the database for the time, and the database asks us.
 */
export class Stage {
  /** How to take down what stands, in the order in which it was put up. */
  private readonly undo: (() => Promise<unknown>)[] = [];
  private env: Record<string, string> = {};
  private pool!: Pool;
  private service: Promise<ServiceProcess> | undefined;
  private key = '';
  client!: TurnoutClient;
  customerio!: CustomerioServer;
  /** A copy of the shop, of which it is looked at where its links lead. */
  shop!: PlainShop;

  /** Once `interruption` is aborted nothing new is started. */
  constructor(private readonly interruption: AbortSignal) {}

  /** Puts up everything. If it throws, `strike` takes down what stood by then. */
  async build(report: (line: string) => void): Promise<void> {
    report('starting PostgreSQL');
    const postgres = await this.startPostgres();
    await migrateDatabase(postgres.url);
    const pool = new Pool({ connectionString: postgres.url, max: 2 });
    pool.on('error', () => undefined); // its server is stopped before it is when the story is cut short
    this.pool = pool;
    this.undo.push(() => pool.end());
    for (const statement of CONTROLLED_CLOCK) await pool.query(statement);
    report('starting the stand-in for Customer.io');
    const customerio = await startCustomerioServer();
    this.customerio = customerio;
    this.undo.push(() => customerio.stop());
    // The story's queues have no business in a Redis that somebody else may use.
    const { REDIS_URL: _, ...env } = turnoutEnv(postgres, customerio);
    this.shop = new PlainShop();
    await this.shop.listen();
    this.undo.push(() => this.shop.stop());
    this.env = { ...env, SETTLE_DELAY_MS: String(SETTLE_DELAY), OUTBOUND_TRUSTED_HOSTS: this.shop.host };
    report('starting Turnout');
    this.undo.push(() => this.endService('SIGTERM'));
    await this.startService();
  }

  /** Starts the service as `npm start` does; its first start prints the API key that everything else uses. */
  async startService(): Promise<void> {
    this.interruption.throwIfAborted();
    this.service = ServiceProcess.start(this.env);
    const service = await this.service;
    this.key = service.firstKey ?? this.key;
    this.client = new TurnoutClient(service.url, this.key);
    const ready = await this.client.call('GET', '/readyz');
    if (ready.status !== 200) throw new Error(`The service says ${ready.status} at /readyz.`);
  }

  /** As if the power had failed. */
  async killService(): Promise<void> {
    await this.endService('SIGKILL');
  }

  async setClock(at: number): Promise<void> {
    await setClock(this.pool, new Date(at));
  }

  settle(): Promise<void> {
    return settle({ pool: this.pool });
  }

  async count(table: 'events' | 'dead_letters'): Promise<number> {
    const { rows } = await this.pool.query<{ n: string }>(`SELECT count(*) AS n FROM ${table}`);
    return Number(rows[0]!.n);
  }

  /** Takes down all that stands, last first; what can't be taken down keeps nothing else from it. */
  async strike(): Promise<void> {
    for (const undo of this.undo.splice(0).reverse()) {
      await undo().catch((error: unknown) => {
        console.error(error);
        process.exitCode = 1;
      });
    }
  }

  private async startPostgres(): Promise<{ url: string }> {
    const folder = await mkdtemp(join(tmpdir(), 'turnout-demo-'));
    this.undo.push(() => rm(folder, { recursive: true, force: true }));
    await chmod(folder, 0o755); // as root, the server is another user
    const dataDir = join(folder, 'postgres');
    const postgres = await startEmbeddedPostgres({ dataDir, port: 0 });
    const placed = dirname(await realpath(dataDir)); // elsewhere, where that user may not enter our folder
    this.undo.push(() => rm(placed, { recursive: true, force: true }));
    this.undo.push(() => postgres.stop());
    return postgres;
  }

  /** Also one that is still starting. */
  private async endService(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const service = await this.service?.catch(() => undefined);
    await service?.end(signal);
  }
}
