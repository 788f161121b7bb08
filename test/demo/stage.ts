import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
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
import { settle, turnoutEnv, TurnoutClient } from '../support/turnout.js';

const READY_WITHIN_MS = 30_000;

/**
 * Everything the story needs, for real: a PostgreSQL, the built service in a process of its own, and a Customer.io that
 * keeps to its contract. Only the clock is ours: the service asks the database for the time, and the database asks us.
 */
export class Stage {
  private service: ChildProcess | undefined;
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
    const env = { ...process.env, ...turnoutEnv(this.postgres, this.customerio), LOG_LEVEL: 'info' };
    const service = spawn(process.execPath, ['dist/src/main.js'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.service = service;
    let printed = '';
    const url = await new Promise<string>((resolve, reject) => {
      const fail = (why: string): void => reject(new Error(`The service ${why}. It printed:\n${printed}`));
      const timer = setTimeout(() => fail('was not ready in time'), READY_WITHIN_MS);
      service.once('exit', () => fail('ended before it was ready'));
      for (const stream of [service.stdout, service.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          printed += chunk.toString();
          const ready = /"msg":"ready","url":"([^"]+)"/.exec(printed);
          if (!ready) return;
          clearTimeout(timer);
          resolve(ready[1]!);
        });
      }
    });
    this.key = /tk_[\w-]{43}/.exec(printed)?.[0] ?? this.key;
    this.client = new TurnoutClient(url, this.key);
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

  async count(table: 'events' | 'dead_letters' | 'transitions'): Promise<number> {
    const { rows } = await this.pool.query<{ n: string }>(`SELECT count(*) AS n FROM ${table}`);
    return Number(rows[0]!.n);
  }

  async strike(): Promise<void> {
    await this.endService('SIGTERM');
    await this.customerio.stop();
    await this.pool.end();
    await this.postgres.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async endService(signal: NodeJS.Signals): Promise<void> {
    const service = this.service;
    this.service = undefined;
    if (!service || service.exitCode !== null || service.signalCode !== null) return;
    const ended = once(service, 'exit');
    service.kill(signal);
    await ended;
  }
}
