import { Readable } from 'node:stream';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { BullModule } from '@nestjs/bullmq';
import { createApp } from '../../src/create-app.js';
import { SCOPES } from '../../src/platform/auth/access.js';
import { ApiKeyStore } from '../../src/platform/auth/api-key-store.js';
import { parseConfig } from '../../src/platform/config.js';
import { createLogger, NestLogger } from '../../src/platform/logger.js';
import { CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { createTestDatabase, throughSocket, type TestDatabase } from '../support/database.js';
import { turnoutEnv } from '../support/turnout.js';
import { createDataSource } from '../../src/data-source.js';
import { Gates } from './gates.js';
import { InProcessBroker, InProcessQueue, InProcessWorker } from './in-process-queue.js';
import { InitialRows } from './initial-rows.js';
import { ServerSessions } from './server-sessions.js';
import { installVirtualGlobals } from './virtual-globals.js';
import { CUSTOMERIO_URL, virtualFetch, type RequestUnderWay } from './virtual-network.js';
import { installVirtualPostgres } from './virtual-postgres.js';
import { outsideOfAll, VirtualProcess } from './virtual-process.js';

const realImmediate = globalThis.setImmediate;

/** A process of the service: the real application, with nothing of its own but what the simulation gives it. */
export interface SimulatedProcess {
  virtual: VirtualProcess;
  app: NestFastifyApplication;
  roles: string;
}

/** How a seed's service is configured. */
export type Settings = Record<string, string>;

/**
 * One database, one Customer.io, one broker of jobs, and the processes that use them. Made once in a program; each seed
 * begins in it from nothing.
 */
export class SimulatedWorld {
  gates: Gates;
  customerio!: CustomerioServer;
  processes: SimulatedProcess[] = [];
  readonly requests = new Set<RequestUnderWay>();
  /** Whom two requests were about at the same time, and in which segment. */
  readonly meetings: string[] = [];
  /** What is told of each step that was taken. */
  onStep: (process: VirtualProcess, label: string, result: string) => void = () => undefined;
  /** Everything stands still. */
  onRest: () => void = () => undefined;
  /** The true time, as the database's clock shows it. */
  now = 0;
  private readonly sessions: ServerSessions;
  private settings: Settings = {};
  private processesSoFar = 0;
  private seed = 0;

  private constructor(
    readonly database: TestDatabase,
    private readonly key: string,
    private readonly initial: InitialRows,
  ) {
    this.gates = this.newGates();
    this.sessions = new ServerSessions(database.pool);
  }

  static async create(): Promise<SimulatedWorld> {
    BullModule.queueClass = InProcessQueue as never;
    BullModule.workerClass = InProcessWorker as never;
    const database = await createTestDatabase();
    database.url = await throughSocket(database);
    const source = await createDataSource(database.url, 1).initialize();
    const { key } = await new ApiKeyStore(source).create(source.manager, { name: 'simulation', scopes: SCOPES });
    await source.destroy();
    const world = new SimulatedWorld(database, key, await InitialRows.of(database.pool));
    world.install();
    world.broker.whenReady = () => undefined; // the simulation has jobs taken
    return world;
  }

  private install(): void {
    const done = (process: VirtualProcess, label: string, result: string): void => this.onStep(process, label, result);
    installVirtualPostgres(
      {
        gates: () => this.gates,
        kill: (process) => this.markDead(process),
        cutOff: (client) => outsideOfAll(() => this.sessions.cutOff([client])),
        done,
      },
      this.sessions,
    );
    installVirtualGlobals(
      virtualFetch({
        gates: () => this.gates,
        customerio: () => this.customerio,
        underWay: this.requests,
        met: (subject) => this.meetings.push(subject),
        done,
      }),
    );
  }

  /** Back to nothing: an empty database whose clock shows an instant, an empty workspace, no process. */
  async reset(seed: number, at: number, settings: Settings): Promise<void> {
    this.seed = seed;
    this.settings = settings;
    this.processesSoFar = 0;
    this.gates = this.newGates();
    this.broker.flush();
    this.meetings.length = 0;
    await this.initial.restore(this.database.pool);
    this.customerio = new CustomerioServer({ now: () => this.now });
    await this.setClock(at);
  }

  async setClock(at: number): Promise<void> {
    for (const { virtual } of this.processes) virtual.elapsed += Math.max(0, at - this.now);
    this.now = at;
    await this.database.pool.query('UPDATE public.test_clock SET at = $1', [new Date(at)]);
  }

  get broker(): InProcessBroker {
    return InProcessBroker.at({ connectionString: this.database.url });
  }

  async start(roles: string, skew: number): Promise<SimulatedProcess> {
    this.processesSoFar += 1;
    const name = `${roles === 'worker' ? 'worker' : 'process'}${this.processesSoFar}`;
    const virtual = new VirtualProcess(name, this.seed * 31 + this.processesSoFar, skew, () => this.now);
    const env = { ...turnoutEnv(this.database, undefined), ...customerioEnv(this.customerio), ...this.settings };
    const config = parseConfig({ ...env, TURNOUT_ROLES: roles, SWEEP_INTERVAL_MS: '1000', REDIS_URL: '' });
    const app = await this.inTurn(virtual, async () => {
      const made = await createApp(config, this.database.url, new NestLogger(createLogger(config.log)));
      await made.init();
      return made;
    });
    const process = { virtual, app, roles };
    this.processes.push(process);
    return process;
  }

  /** What a process does for itself, undisturbed, one step after the other, so that it is the same each time. */
  async inTurn<Result>(virtual: VirtualProcess, work: () => Promise<Result>): Promise<Result> {
    let isDone = false;
    const done = virtual.within(work).finally(() => (isDone = true));
    done.catch(() => undefined);
    for (virtual.isUndisturbed = true; !isDone;) {
      await this.gates.settle();
      const gate = this.gates.waiting.find((one) => one.process === virtual);
      if (gate) this.gates.open(gate, gate.kind === 'send' ? { kind: 'answered' } : { kind: 'runs' });
      else await new Promise((resolve) => realImmediate(resolve));
    }
    virtual.isUndisturbed = false;
    return done;
  }

  /** Its requests fail or are applied as they would be had it lived on; nothing else of it goes on. */
  async kill(process: SimulatedProcess, isApplied: (request: RequestUnderWay) => boolean): Promise<void> {
    const { virtual } = process;
    this.markDead(virtual);
    this.processes = this.processes.filter((one) => one !== process);
    for (const request of [...this.requests].filter((one) => one.process === virtual)) {
      this.requests.delete(request);
      if (isApplied(request)) request.apply();
    }
    this.broker.abandon(virtual);
    await this.sessions.cutOff(virtual.clients);
    this.gates.buried(virtual);
  }

  /** An answer of the API of a process. */
  async call(process: SimulatedProcess, method: 'GET' | 'PUT' | 'POST' | 'DELETE', url: string, body?: unknown) {
    const headers = { authorization: `Bearer ${this.key}` };
    const { app } = process;
    const type = body instanceof Readable ? { 'content-type': 'application/octet-stream' } : {};
    const payload = body === undefined ? {} : { payload: body as object };
    return process.virtual.within(() => app.inject({ method, url, headers: { ...headers, ...type }, ...payload }));
  }

  private markDead(virtual: VirtualProcess): void {
    virtual.isDead = true;
    virtual.timers.clear();
    this.gates.drop(virtual);
  }

  private newGates(): Gates {
    const findHeld = async (pids: readonly number[]): Promise<number[]> => {
      const { rows } = await this.database.pool.query<{ pid: number }>(
        'SELECT pid FROM unnest($1::int[]) AS own (pid) WHERE cardinality(pg_blocking_pids(pid)) > 0',
        [pids],
      );
      return rows.map((row) => row.pid);
    };
    return new Gates(findHeld, () => this.onRest());
  }

  async close(): Promise<void> {
    for (const process of this.processes) await this.kill(process, () => false);
    this.sessions.close();
    await this.database.drop();
  }
}

function customerioEnv({ siteId, apiKey, appKey }: CustomerioServer): Settings {
  return {
    CUSTOMERIO_SITE_ID: siteId,
    CUSTOMERIO_API_KEY: apiKey,
    CUSTOMERIO_TRACK_URL: CUSTOMERIO_URL,
    CUSTOMERIO_APP_API_KEY: appKey,
    CUSTOMERIO_APP_URL: CUSTOMERIO_URL,
  };
}

/**
 * Nobody is in most of the lanes, so that looking at all of them again there is nothing but work for the simulation. Only
 * while no transaction is open.
 */
export async function skipEmptyLanes({ database }: SimulatedWorld): Promise<void> {
  await database.pool.query(
    'DELETE FROM backfills WHERE NOT EXISTS (SELECT FROM profiles WHERE profiles.lane = backfills.lane)',
  );
}
