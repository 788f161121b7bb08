import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'pg';
import { migrateDatabase } from '../../src/platform/database.js';
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../src/platform/embedded-postgres/embedded-postgres.js';
import { startCustomerioServer, type CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { CONTROLLED_CLOCK, setClock } from '../support/database.js';
import { ServiceProcess } from '../support/service-process.js';
import { settle, turnoutEnv, TurnoutClient } from '../support/turnout.js';

/**
 * Everything the story needs, for real: a PostgreSQL, the built service in a process of its own, and a Customer.io that
 * keeps to its contract. Only the clock is ours: the service asks the database for the time, and the database asks us.
 */
export class Stage {
  private service: ServiceProcess | undefined;
  private key = '';
  client!: TurnoutClient;

  private constructor(
    private readonly folder: string,
    private readonly postgres: EmbeddedPostgres,
    private readonly pool: Pool,
    readonly customerio: CustomerioServer,
  ) {}

  static async build(report: (line: string) => void): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'turnout-demo-'));
    await chmod(folder, 0o755); // as root, the server is another user
    report('starting PostgreSQL');
    const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), port: 0 });
    await migrateDatabase(postgres.url);
    const pool = new Pool({ connectionString: postgres.url, max: 2 });
    pool.on('error', () => undefined); // its server is stopped before it is when the story is cut short
    for (const statement of CONTROLLED_CLOCK) await pool.query(statement);
    report('starting the stand-in for Customer.io');
    const stage = new Stage(folder, postgres, pool, await startCustomerioServer());
    report('starting Turnout');
    await stage.startService();
    return stage;
  }

  /** Starts the service as `npm start` does; its first start prints the API key that everything else uses. */
  async startService(): Promise<void> {
    this.service = await ServiceProcess.start(turnoutEnv(this.postgres, this.customerio));
    this.key = this.service.firstKey ?? this.key;
    this.client = new TurnoutClient(this.service.url, this.key);
  }

  /** As if the power had failed. */
  async killService(): Promise<void> {
    await this.service?.end('SIGKILL');
  }

  async setClock(at: number): Promise<void> {
    await setClock(this.pool, new Date(at));
  }

  settle(): Promise<void> {
    return settle({ pool: this.pool });
  }

  async count(table: 'events' | 'dead_letters' | 'transitions'): Promise<number> {
    const { rows } = await this.pool.query<{ n: string }>(`SELECT count(*) AS n FROM ${table}`);
    return Number(rows[0]!.n);
  }

  async strike(): Promise<void> {
    await this.service?.end('SIGTERM');
    await this.customerio.stop();
    await this.pool.end();
    await this.postgres.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
