import type { Rule } from '../../src/core/rule.js';
import { inconsistencies, memberIds } from '../support/consistency.js';
import { startCustomerioServer, type CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { slow, timeoutAfterApplying, timeoutBeforeApplying } from '../support/customerio-server/faults.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { DAY, HOUR, T0 } from '../support/builders.js';
import { ServiceProcess } from '../support/service-process.js';
import { settle, SHOPIFY_SECRET, SIGNING_KEY, TurnoutClient, turnoutEnv } from '../support/turnout.js';
import { customerioWebhook, shopifyWebhook, type SentWebhook } from '../support/webhooks.js';

const RULES: Record<string, Rule> = {
  clicked: { performed: 'click', within: '2d' },
  abandoned: { performed: 'click', within: '7d', notFollowedBy: { performed: 'purchase', within: '1d' } },
};
const PEOPLE = Array.from({ length: 40 }, (_, n) => `p${n}`);

let database: TestDatabase;
let customerio: CustomerioServer;
let processes: ServiceProcess[];
let key: string;

beforeEach(async () => {
  database = await createTestDatabase();
  await database.setClock(T0);
  customerio = await startCustomerioServer();
  processes = [];
  Object.keys(RULES).forEach((name, index) => customerio.seedSegment({ id: index + 1, name, type: 'manual' }));
  for (const id of PEOPLE) customerio.seedPerson({ id, email: `${id}@example.com`, cio_id: `c${id}` });
  const first = await start({ TURNOUT_ROLES: 'api,worker' });
  key = first.firstKey!;
  const client = new TurnoutClient(first.url, key);
  for (const [index, [name, rule]] of Object.entries(RULES).entries()) {
    await client.must('PUT', `/v1/segments/${name}`, { rule, push: { customerio: { segmentId: index + 1 } } });
  }
  await client.send(order('p0', T0));
  await client.send(click('p0', T0));
  await settle(database);
  await first.end('SIGTERM');
});

afterEach(async () => {
  await Promise.all(processes.map((one) => one.end('SIGKILL')));
  await customerio.stop();
  await database.drop();
});

async function start(env: Record<string, string>, program: 'main' | 'worker' = 'main'): Promise<ServiceProcess> {
  const started = await ServiceProcess.start({ ...turnoutEnv(database, customerio), ...env }, program);
  processes.push(started);
  return started;
}

function click(id: string, at: number, eventId?: string): SentWebhook {
  const identifiers = { id, email: `${id}@example.com`, cio_id: `c${id}` };
  return customerioWebhook({ secret: SIGNING_KEY, at, identifiers, ...(eventId && { eventId }) });
}

function order(id: string, at: number): SentWebhook {
  const orderId = 1_000_000 + Number(id.slice(1)) * 1_000 + (((at - T0) / HOUR) % 1_000);
  return shopifyWebhook('orders/create', {
    secret: SHOPIFY_SECRET,
    at,
    email: `${id}@example.com`,
    customerId: null,
    orderId,
  });
}

/** Sends as the senders do: again and again until it is acknowledged. */
async function deliver(urls: () => string[], webhook: SentWebhook, seed: number): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    const all = urls();
    try {
      const answer = await new TurnoutClient(all[(seed + attempt) % all.length]!, key).send(webhook);
      if (answer.status === 200) return;
    } catch {
      // nobody there, or gone in the middle: not acknowledged
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('A webhook was never acknowledged.');
}

async function expectAllRight(stored: number): Promise<void> {
  await settle(database, 60_000);
  const { rows } = await database.pool.query<{ n: string }>('SELECT count(*) AS n FROM events');
  expect(Number(rows[0]!.n)).toBe(stored);
  expect(await inconsistencies(database.pool, RULES)).toEqual({ unreplayed: 0, wrong: [] });
  for (const [index, name] of Object.keys(RULES).entries()) {
    expect(customerio.segmentMembers(index + 1).sort()).toEqual(await memberIds(database.pool, name));
  }
  expect(customerio.mostInFlight()).toBeLessThanOrEqual(1);
}

describe('kill -9', () => {
  it.each([
    ['before it is applied', timeoutBeforeApplying],
    ['after it is applied', timeoutAfterApplying],
    ['while it is on its way', slow(1_500)],
  ])('of a worker that is sending, %s: nothing lost, nothing doubled', async (_when, fault) => {
    const api = await start({ TURNOUT_ROLES: 'api' });
    for (const id of ['p1', 'p2', 'p3']) await deliver(() => [api.url], click(id, T0), 0);
    customerio.faults.next(1, fault);
    const requests = customerio.requests().length;
    const worker = await start({}, 'worker');
    while (customerio.requests().length === requests) await new Promise((resolve) => setTimeout(resolve, 5));
    await worker.end('SIGKILL');
    const { rows } = await database.pool.query('SELECT FROM outbox WHERE claim IS NOT NULL');
    expect(rows.length).toBeGreaterThan(0);
    await database.setClock(T0 + 60_000); // the lease of the claims has run out
    await start({}, 'worker');
    await expectAllRight(5);
  });

  it('between the acknowledgement of events and their evaluation: nothing lost', async () => {
    const api = await start({ TURNOUT_ROLES: 'api' });
    await Promise.all(PEOPLE.slice(1, 20).map((id) => deliver(() => [api.url], click(id, T0), 0)));
    // Whom a change has not reached yet is not evaluated as the events come.
    await database.pool.query(
      `UPDATE catalogue SET (revision, rules_revision) = (SELECT next, next FROM nextval('catalogue_revisions') AS next)`,
    );
    await Promise.all(PEOPLE.slice(1, 20).map((id) => deliver(() => [api.url], click(id, T0, `again-${id}`), 0)));
    await api.end('SIGKILL');
    const { rows } = await database.pool.query('SELECT FROM profiles WHERE evaluate_at <= turnout_now()');
    expect(rows).toHaveLength(19);
    await start({}, 'worker');
    await expectAllRight(40);
  });

  it('again and again while webhooks come in: every acknowledged one counts once', async () => {
    const stream = PEOPLE.flatMap((id, n) => [
      click(id, T0 + HOUR, `A${n}`),
      click(id, T0 + HOUR, `A${n}`),
      click(id, T0 + 2 * HOUR, `B${n}`),
      order(id, T0 + (n % 3) * HOUR + HOUR),
    ]);
    await database.setClock(T0 + 3 * HOUR);
    let current = await start({});
    let isDone = false;
    const killer = (async () => {
      for (const delay of [150, 400, 90, 700, 250]) {
        await new Promise((resolve) => setTimeout(resolve, delay));
        await current.end('SIGKILL');
        current = await start({});
      }
      isDone = true;
    })();
    for (let from = 0; from < stream.length || !isDone; from += 4) {
      const batch = stream.slice(from % stream.length, (from % stream.length) + 4);
      await Promise.all(batch.map((webhook, n) => deliver(() => [current.url], webhook, n)));
    }
    await killer;
    await database.setClock(T0 + 3 * HOUR + 60_000);
    await expectAllRight(2 + 3 * PEOPLE.length);
    await database.setClock(T0 + 2 * DAY);
    await expectAllRight(2 + 3 * PEOPLE.length);
  });
});

describe('two APIs and two workers on one database', () => {
  it('do what one would, and never send about the same person at once', async () => {
    const apis = [await start({ TURNOUT_ROLES: 'api' }), await start({ TURNOUT_ROLES: 'api' })];
    await Promise.all([start({}, 'worker'), start({}, 'worker')]);
    await database.setClock(T0 + 3 * HOUR);
    const urls = () => apis.map((api) => api.url);
    const once = PEOPLE.flatMap((id, n) => [click(id, T0 + HOUR, `A${n}`), order(id, T0 + ((n % 2) + 1) * HOUR)]);
    const stream = [...once, ...once].map((webhook, n) => ({ webhook, rank: (n * 7919) % 1009 }));
    stream.sort((a, b) => a.rank - b.rank);
    await Promise.all(stream.map(({ webhook }, n) => deliver(urls, webhook, n)));
    await expectAllRight(2 + 2 * PEOPLE.length);
    for (const at of [T0 + DAY + HOUR, T0 + 2 * DAY + HOUR, T0 + 8 * DAY]) {
      await database.setClock(at);
      await expectAllRight(2 + 2 * PEOPLE.length);
    }
    const { rows } = await database.pool.query<{ early: string }>(
      `SELECT count(*) AS early FROM transitions t WHERE cause = 'time' AND NOT EXISTS (
         SELECT FROM events e WHERE e.lane = t.lane AND e.profile_id = t.profile_id
            AND t.at IN (e.occurred_at + interval '1 day', e.occurred_at + interval '2 days', e.occurred_at + interval '7 days'))`,
    );
    expect(rows[0]!.early).toBe('0');
  });
});
