import { createPostgresBackend, Queue, setDefaultBackendFactory, Worker } from 'bullmq';
import { createTestDatabase } from '../support/database.js';
import { startRedis } from '../support/redis.js';
import { InProcessQueue, InProcessWorker } from './in-process-queue.js';

/** What the service uses of a queue and its worker. */
interface Staged {
  queue: { addBulk(jobs: { name: string; data: unknown; opts?: object }[]): Promise<unknown>; close(): Promise<void> };
  worker(process: (data: unknown) => Promise<void>): { concurrency: number; close(): Promise<void> };
  stop(): Promise<void>;
}

const OPTIONS = { defaultJobOptions: { removeOnComplete: true, removeOnFail: true } };

function bullmq(connection: object, stop: () => Promise<void>): Staged {
  return {
    queue: new Queue('contract', { connection, ...OPTIONS }),
    worker: (process) => new Worker('contract', ({ data }) => process(data), { connection }),
    stop,
  };
}

const STAGES: Record<string, () => Promise<Staged | undefined>> = {
  async 'in the process'() {
    const connection = { connectionString: `broker ${Math.random()}` };
    return {
      queue: new InProcessQueue('contract', { connection }),
      worker: (process) => new InProcessWorker('contract', ({ data }) => process(data), { connection }),
      stop: async () => undefined,
    };
  },
  async 'on PostgreSQL'() {
    const database = await createTestDatabase();
    setDefaultBackendFactory(createPostgresBackend);
    return bullmq({ connectionString: database.url, max: 4, migrate: true }, () => database.drop());
  },
  async 'on Redis'() {
    const redis = await startRedis();
    if (!redis) return undefined; // where it is not installed
    setDefaultBackendFactory();
    return bullmq({ url: redis.url, maxRetriesPerRequest: null }, () => redis.stop());
  },
};

describe.each(Object.keys(STAGES))('a queue %s', (name) => {
  let staged: Staged | undefined;
  let workers: { close(): Promise<void> }[];

  beforeEach(async () => {
    staged = await STAGES[name]!();
    workers = [];
  });

  afterEach(async () => {
    await Promise.all(workers.map((one) => one.close()));
    await staged?.queue.close();
    await staged?.stop();
  });

  const add = (...data: unknown[]) => staged!.queue.addBulk(data.map((one) => ({ name: 'job', data: one })));

  /** As the service adds nudges. */
  const addOnce = (id: string, data: unknown) =>
    staged!.queue.addBulk([{ name: 'job', data, opts: { deduplication: { id, keepLastIfActive: true } } }]);

  function work(process: (data: unknown) => Promise<void>): { concurrency: number; close(): Promise<void> } {
    const worker = staged!.worker(process);
    workers.push(worker);
    return worker;
  }

  /** Jobs that end when they are let go, and what was begun so far. */
  function held() {
    const begun: unknown[] = [];
    const ends: (() => void)[] = [];
    const process = (data: unknown): Promise<void> => {
      begun.push(data);
      return new Promise((resolve) => ends.push(resolve));
    };
    return { begun, process, end: () => ends.shift()!() };
  }

  async function until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  it('has every job done, those that were added before anybody worked and those after', async () => {
    if (!staged) return;
    const done: unknown[] = [];
    await add(1, 2);
    work(async (data) => void done.push(data));
    await add(3);
    await until(() => done.length === 3);
    expect(done.toSorted()).toEqual([1, 2, 3]);
  });

  it('does what was asked for several times once, and again when it is asked for later', async () => {
    if (!staged) return;
    const done: unknown[] = [];
    for (const times of [1, 2, 3]) await addOnce('lane', times);
    await addOnce('other', 'other');
    work(async (data) => void done.push(data));
    await until(() => done.length === 2);
    expect(done).toEqual([1, 'other']);
    await addOnce('lane', 4);
    await until(() => done.length === 3);
    expect(done.at(-1)).toBe(4);
  });

  it('does what is asked for while it is being done once more afterwards, as it was asked for last', async () => {
    if (!staged) return;
    const jobs = held();
    work(jobs.process).concurrency = 4;
    await addOnce('lane', 1);
    await until(() => jobs.begun.length === 1);
    await addOnce('lane', 2);
    await addOnce('lane', 3);
    expect(jobs.begun).toEqual([1]);
    jobs.end();
    await until(() => jobs.begun.length === 2);
    jobs.end();
    expect(jobs.begun).toEqual([1, 3]);
  });

  it('goes on after a job that fails, and does that one no more', async () => {
    if (!staged) return;
    const begun: unknown[] = [];
    await add('bad', 'good');
    work(async (data) => {
      begun.push(data);
      if (data === 'bad') throw new Error('It fails.');
    });
    await until(() => begun.includes('good'));
    expect(begun.toSorted()).toEqual(['bad', 'good']);
  });

  it('has no more under way than a worker takes at once', async () => {
    if (!staged) return;
    const jobs = held();
    work(jobs.process).concurrency = 2;
    await add(1, 2, 3);
    await until(() => jobs.begun.length >= 2);
    expect(jobs.begun).toHaveLength(2);
    jobs.end();
    await until(() => jobs.begun.length === 3);
    jobs.end();
    jobs.end();
  });

  it('ends a worker when its job is done', async () => {
    if (!staged) return;
    const jobs = held();
    const worker = work(jobs.process);
    await add(1, 2);
    await until(() => jobs.begun.length === 1);
    let isClosed = false;
    const closing = worker.close().then(() => (isClosed = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isClosed).toBe(false);
    jobs.end();
    await closing;
    expect(jobs.begun).toEqual([1]);
  });
});
