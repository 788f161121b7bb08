import { EventEmitter } from 'node:events';
import { currentProcess, type VirtualProcess } from './virtual-process.js';

interface Job {
  name: string;
  data: unknown;
  opts: { deduplication?: { id: string; keepLastIfActive?: boolean } };
}

type Processor = (job: Job) => Promise<unknown>;

/** Asked before jobs are added; throws where they can't be. */
type BeforeAdding = (queue: string, jobs: readonly Job[]) => Promise<void>;

/**
 * Where the jobs of all in-process queues wait. Of the queues' features it knows what the service uses: at most one job
 * waits for each deduplication id, and one that comes while the last is active follows it.
 */
export class InProcessBroker {
  private static readonly brokers = new Map<string, InProcessBroker>();
  beforeAdding: BeforeAdding | undefined;
  /** Called when jobs may be taken; by itself it has them taken in the next turn. */
  whenReady: () => void = () => setImmediate(() => this.takeAll());
  private readonly waiting = new Map<string, Job[]>();
  private readonly active = new Map<string, { job: Job; next: Job | undefined; worker: InProcessWorker }[]>();
  private readonly workers = new Set<InProcessWorker>();

  /** The broker that everybody has who names the same connection. */
  static at(connection: unknown): InProcessBroker {
    const key = (connection as { connectionString?: string } | undefined)?.connectionString ?? '';
    const broker = InProcessBroker.brokers.get(key) ?? new InProcessBroker();
    InProcessBroker.brokers.set(key, broker);
    return broker;
  }

  async add(queue: string, jobs: readonly Job[]): Promise<void> {
    await this.beforeAdding?.(queue, jobs);
    for (const job of jobs) this.addOne(queue, job);
    this.whenReady();
  }

  join(worker: InProcessWorker): void {
    this.workers.add(worker);
    this.whenReady();
  }

  leave(worker: InProcessWorker): void {
    this.workers.delete(worker);
  }

  /** Its workers are gone, and the jobs that they had at work wait again. */
  abandon(process: VirtualProcess): void {
    for (const worker of [...this.workers].filter((one) => one.process === process)) this.leave(worker);
    for (const [queue, active] of this.active) {
      const lost = active.filter((one) => one.worker.process === process);
      this.active.set(
        queue,
        active.filter((one) => !lost.includes(one)),
      );
      for (const { job } of lost) this.addOne(queue, job);
    }
  }

  /** All that waits is lost. Returns how many jobs that were. */
  flush(): number {
    const lost = this.waitingJobs;
    this.waiting.clear();
    return lost;
  }

  get waitingJobs(): number {
    return [...this.waiting.values()].reduce((sum, jobs) => sum + jobs.length, 0);
  }

  /** Workers that could take a job now. */
  ready(): InProcessWorker[] {
    return [...this.workers].filter(
      (worker) => (this.waiting.get(worker.name)?.length ?? 0) > 0 && worker.underWay < worker.concurrency,
    );
  }

  /** Has a worker take the job that has waited longest. */
  async take(worker: InProcessWorker): Promise<void> {
    const job = this.waiting.get(worker.name)?.shift();
    if (!job) return;
    const entry = { job, next: undefined as Job | undefined, worker };
    const active = this.active.get(worker.name) ?? [];
    this.active.set(worker.name, [...active, entry]);
    await worker.work(job);
    const left = this.active.get(worker.name)!.filter((one) => one !== entry);
    this.active.set(worker.name, left);
    if (entry.next) this.addOne(worker.name, entry.next);
    this.whenReady();
  }

  private addOne(queue: string, job: Job): void {
    const waiting = this.waiting.get(queue) ?? [];
    this.waiting.set(queue, waiting);
    const same = job.opts.deduplication;
    if (same) {
      if (waiting.some((one) => one.opts.deduplication?.id === same.id)) return;
      const busy = this.active.get(queue)?.find((one) => one.job.opts.deduplication?.id === same.id);
      if (busy) {
        if (same.keepLastIfActive) busy.next = job;
        return;
      }
    }
    waiting.push(job);
  }

  private takeAll(): void {
    for (const worker of this.ready()) void this.take(worker);
  }
}

/** Stands in for BullMQ's Queue, as far as the service uses it. */
export class InProcessQueue extends EventEmitter {
  private readonly broker: InProcessBroker;

  constructor(
    readonly name: string,
    readonly opts: { connection?: unknown } = {},
  ) {
    super();
    this.broker = InProcessBroker.at(opts.connection);
  }

  async addBulk(jobs: readonly { name: string; data: unknown; opts?: Job['opts'] }[]): Promise<void> {
    await this.broker.add(
      this.name,
      jobs.map((job) => ({ opts: {}, ...job })),
    );
  }

  async close(): Promise<void> {}
}

/** Stands in for BullMQ's Worker. A job that fails is gone, as it is with our options. */
export class InProcessWorker extends EventEmitter {
  readonly process = currentProcess();
  concurrency = 1;
  underWay = 0;
  private readonly broker: InProcessBroker;
  private onIdle: (() => void)[] = [];

  constructor(
    readonly name: string,
    private readonly processor: Processor,
    opts: { connection?: unknown; concurrency?: number } = {},
  ) {
    super();
    this.concurrency = opts.concurrency ?? 1;
    this.broker = InProcessBroker.at(opts.connection);
    this.broker.join(this);
  }

  async work(job: Job): Promise<void> {
    this.underWay += 1;
    try {
      await this.processor(job);
    } catch (error) {
      this.emit('failed', job, error);
    } finally {
      this.underWay -= 1;
      if (this.underWay === 0) this.onIdle.splice(0).forEach((resolve) => resolve());
    }
  }

  /** Resolves when the jobs under way are done. */
  async close(): Promise<void> {
    this.broker.leave(this);
    if (this.underWay > 0) await new Promise<void>((resolve) => this.onIdle.push(resolve));
  }
}
