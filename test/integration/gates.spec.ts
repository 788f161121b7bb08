import { setTimeout as wait } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { createDataSource } from '../../src/data-source.js';
import type { Destination } from '../../src/destinations/destination.js';
import type { RequestEnd } from '../../src/destinations/gate.js';
import { BUSY_MS, FAILURES_TO_OPEN, GateStore, RECOVERY_MS, type Entry } from '../../src/sync/gate-store.js';
import { Gates } from '../../src/sync/gates.js';
import type { WorkerSettings } from '../../src/platform/worker-settings.js';
import { paceOf, unhurried, type Pace } from '../../src/sync/pace.js';
import { DAY, T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

const TRACK = { destination: 'customerio', family: 'track' };
const APP = { destination: 'customerio', family: 'app' };
const LEASE_MS = 15_000;
const PACE: Pace = { burst: 4, requestsPerSecond: 10, requestsAtOnce: 1_000 };
const ANSWERED: RequestEnd = { kind: 'answered' };
const FAILED: RequestEnd = { kind: 'failed', reason: 'Customer.io answered 500' };

describe('the gate of a destination', () => {
  let database: TestDatabase;
  let source: DataSource;
  let gates: GateStore;
  let other: GateStore;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    source = await createDataSource(database.url, 6).initialize();
    [gates, other] = [new GateStore(source), new GateStore(source)];
    await source.query(
      "INSERT INTO destination_gates (destination, family, next_at) VALUES ('customerio', 'track', $1)",
      [new Date(T0)],
    );
  });

  afterEach(async () => {
    await source.destroy();
    await database.drop();
  });

  const ask = (own = PACE, full = PACE, from = gates) => from.enter(TRACK, full, own, LEASE_MS);
  const entered = async (own = PACE): Promise<Entry> => {
    const entry = await ask(own);
    if ('waitMs' in entry) throw new Error(`held for ${entry.waitMs} ms`);
    return entry;
  };
  const pass = async (end: RequestEnd, full = PACE): Promise<void> =>
    gates.leave(TRACK, full, await entered(full), end);
  const at = (ms: number) => database.setClock(T0 + ms);
  async function countPassing(own = PACE, full = PACE): Promise<number> {
    let count = 0;
    for (; !('waitMs' in (await ask(own, full, count % 2 ? other : gates))); count++);
    return count;
  }

  it('lets a burst through, and then one request whenever there is room again', async () => {
    expect(await countPassing()).toBe(4);
    expect(await ask()).toEqual({ waitMs: 100 });
    await at(99);
    expect(await ask()).toEqual({ waitMs: 1 });
    await at(100);
    expect(await countPassing()).toBe(1);
    await at(10_000);
    expect(await countPassing()).toBe(4); // and no more, however long nothing came
  });

  it('is shared: many senders at once get no more than one', async () => {
    const asked = await Promise.all(Array.from({ length: 24 }, (_, n) => ask(PACE, PACE, n % 2 ? other : gates)));
    expect(asked.filter((one) => !('waitMs' in one))).toHaveLength(4);
  });

  it('keeps families of endpoints apart', async () => {
    await countPassing();
    await gates.enter(APP, PACE, PACE, LEASE_MS); // makes the row
    expect(await gates.enter(APP, PACE, PACE, LEASE_MS)).toHaveProperty('leaseEndsAt');
  });

  it('keeps every limit in every second, also with requests that were let through before', () => {
    for (const requestsPerSecond of [8, 10, 40, 100, 1_000, 100_000]) {
      for (const requestsAtOnce of [1, 2, 8, 64]) {
        const pace = paceOf({ requestsPerSecond, requestsAtOnce });
        expect(pace.burst + pace.requestsPerSecond + pace.requestsAtOnce).toBeLessThanOrEqual(requestsPerSecond);
        expect(pace.requestsPerSecond).toBeGreaterThanOrEqual(requestsPerSecond / 10);
      }
    }
  });

  it('has only so many requests under way, until one ends or its sender is gone', async () => {
    const narrow = { ...PACE, burst: 1_000, requestsAtOnce: 2 };
    const first = await entered(narrow);
    await entered(narrow);
    expect(await ask(narrow)).toEqual({ waitMs: 0 });
    await gates.leave(TRACK, narrow, first, ANSWERED);
    await entered(narrow);
    expect(await ask(narrow)).toEqual({ waitMs: 0 });
    await at(LEASE_MS - 1);
    expect(await ask(narrow)).toEqual({ waitMs: 0 });
    await at(LEASE_MS);
    await entered(narrow);
  });

  it('always has room for what is urgent', async () => {
    const full = { burst: 4, requestsPerSecond: 10, requestsAtOnce: 8 };
    const rest = unhurried(full);
    expect(await countPassing(rest, full)).toBe(2);
    expect(await countPassing(full, full)).toBe(2);
    const narrow = { burst: 1_000, requestsPerSecond: 10_000, requestsAtOnce: 8 };
    await at(60_000);
    expect(await countPassing(unhurried(narrow), narrow)).toBe(6);
    expect(await countPassing(narrow, narrow)).toBe(2);
  });

  it('leaves a destination that has too much alone for as long as it asks, then goes at half the pace and gains', async () => {
    await pass({ kind: 'busy', forMs: 2_000 });
    expect(await other.enter(TRACK, PACE, PACE, LEASE_MS)).toEqual({ waitMs: 2_000 });
    expect(await gates.shutForMs(TRACK)).toBe(2_000);
    await at(1_999);
    expect(await ask()).toEqual({ waitMs: 1 });
    await at(2_000);
    expect(await countPassing()).toBe(4);
    expect(await ask()).toEqual({ waitMs: 200 });
    await at(2_000 + RECOVERY_MS / 4); // three quarters of the pace
    await countPassing();
    expect(await ask()).toEqual({ waitMs: 134 });
    await at(2_000 + RECOVERY_MS / 2);
    await countPassing();
    expect(await ask()).toEqual({ waitMs: 100 });
  });

  it('is open months after a destination had too much, and after anything went through', async () => {
    await pass({ kind: 'busy', forMs: 2_000 });
    await at(60 * DAY);
    expect(await gates.shutForMs(TRACK)).toBe(0);
    const full = { ...PACE, requestsAtOnce: 1 };
    await gates.enter(TRACK, full, full, 120 * DAY);
    await at(120 * DAY);
    expect(await ask(full, full)).toEqual({ waitMs: 0 }); // somebody else is still in it
  });

  it('slows down once for all that were under way when it was told to', async () => {
    const under = [await entered(), await entered(), await entered()];
    for (const entry of under) await gates.leave(TRACK, PACE, entry, { kind: 'busy', forMs: undefined });
    expect(await ask()).toEqual({ waitMs: BUSY_MS });
    await at(BUSY_MS);
    await countPassing();
    expect(await ask()).toEqual({ waitMs: 200 });
  });

  describe('of a sender whose claim comes to an end', () => {
    const destination = { key: 'customerio', limits: { track: { requestsPerSecond: 40, requestsAtOnce: 1 } } };
    const settings = { deliveryTimeoutMs: 10_000 };
    const gateOf = (until: number) =>
      new Gates(gates, settings as WorkerSettings).of(destination as unknown as Destination, { isUrgent: true, until });
    /** The clock stands still there, so that the place of a request that was never made is held until it is given back. */
    const freePlaces = async (): Promise<number> => 1 - (await gates.list())[0]!.underWay;

    it('lets no request begin any more', async () => {
      expect(await gateOf(performance.now() - 1).enter('track')).toEqual({ heldForMs: 0 });
      expect(await freePlaces()).toBe(1);
      expect(await gateOf(performance.now() + 60_000).enter('track')).toHaveProperty('leave');
    });

    it('lets none begin whose leave came too late, and gives its place back', async () => {
      const lock = await database.pool.connect();
      await lock.query('BEGIN; SELECT FROM destination_gates FOR UPDATE');
      const until = performance.now() + 500;
      const entering = gateOf(until).enter('track');
      while (performance.now() <= until) await wait(10);
      await lock.query('COMMIT');
      lock.release();
      expect(await entering).toEqual({ heldForMs: 0 });
      expect(await freePlaces()).toBe(1);
    });
  });

  describe('when nothing is answered', () => {
    const wide = { ...PACE, burst: 1_000 };
    const fail = async (times: number) => {
      for (let n = 0; n < times; n++) await pass(FAILED, wide);
    };

    it('opens after so many requests in a row, and not before', async () => {
      await fail(FAILURES_TO_OPEN - 1);
      await pass(ANSWERED, wide);
      await fail(FAILURES_TO_OPEN - 1);
      expect(await gates.shutForMs(TRACK)).toBe(0);
      await fail(1);
      expect(await other.enter(TRACK, wide, wide, LEASE_MS)).toEqual({ waitMs: 1_000 });
      expect(await gates.list()).toMatchObject([{ breaker: 'open', failures: 5, failure: 'Customer.io answered 500' }]);
    });

    it('tries again with one request, and waits twice as long if that comes to nothing', async () => {
      await fail(FAILURES_TO_OPEN);
      await at(999);
      expect(await ask(wide)).toEqual({ waitMs: 1 });
      await at(1_000);
      const probe = await entered(wide);
      expect(await gates.list()).toMatchObject([{ breaker: 'half-open', underWay: 1 }]);
      expect(await ask(wide)).toEqual({ waitMs: 0 });
      await gates.leave(TRACK, wide, probe, FAILED);
      expect(await ask(wide)).toEqual({ waitMs: 2_000 });
      await at(3_000);
      await pass(ANSWERED, wide);
      expect(await gates.list()).toMatchObject([{ breaker: 'closed', failures: 0, failure: null, openUntil: null }]);
      await Promise.all([entered(wide), entered(wide)]);
    });

    it('counts those that were under way when it opened only once', async () => {
      const under = await Promise.all(Array.from({ length: 8 }, () => entered(wide)));
      for (const entry of under) await gates.leave(TRACK, wide, entry, FAILED);
      expect(await gates.shutForMs(TRACK)).toBe(1_000);
    });
  });
});
