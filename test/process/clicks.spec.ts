import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { T0 } from '../support/builders.js';
import { randomNumbers } from '../support/random-numbers.js';
import { ServiceProcess } from '../support/service-process.js';
import { settle, TurnoutClient, turnoutEnv } from '../support/turnout.js';
import { visit } from '../support/visits.js';

const ATTEMPTS = 1_000;
const VISITORS = 16;
const KILLS = 3;
const CART = 'https://shop.example.com/cart';

let database: TestDatabase;
let current: ServiceProcess;

beforeEach(async () => {
  database = await createTestDatabase();
  await database.setClock(T0);
  current = await start();
});

afterEach(async () => {
  await current.end('SIGKILL');
  await database.drop();
});

const start = () =>
  ServiceProcess.start({ ...turnoutEnv(database), TURNOUT_ROLES: 'api,worker', LINK_REQUESTS_PER_SECOND: '0' });

/** A link for each attempt, so that it is known which click became which event; every other one is given to somebody. */
async function makeLinks(): Promise<{ id: string; url: string }[]> {
  const client = new TurnoutClient(current.url, current.firstKey!);
  await client.must('PUT', '/v1/link-domains/go.example.com', { allowedHosts: ['shop.example.com'] });
  await client.must('PUT', '/v1/ctas/cart', { patterns: [{ host: 'shop.example.com' }] });
  await client.must('POST', '/v1/identify', { userId: 'ada' });
  const wanted = Array.from({ length: ATTEMPTS }, (_, n) => ({
    ...{ cta: 'cart', destination: `${CART}?n=${n}` },
    ...(n % 2 === 0 && { profile: { customer_id: 'ada' } }),
  }));
  return (await client.must('POST', '/v1/links', { links: wanted })).links as { id: string; url: string }[];
}

/** How many events each link has. */
async function eventsOfLinks(): Promise<Map<string, number>> {
  const { rows } = await database.pool.query<{ link: string; n: string }>(
    `SELECT properties ->> 'tracked_link' AS link, count(*) AS n
       FROM (SELECT properties FROM events WHERE source = 'links'
             UNION ALL SELECT properties FROM anonymous_clicks) AS clicks GROUP BY 1`,
  );
  return new Map(rows.map(({ link, n }) => [link, Number(n)]));
}

it('kill -9 at any moment leaves every click that was answered an event, once', async () => {
  const random = randomNumbers(7);
  const links = await makeLinks();
  const answered: string[] = [];
  let isOver = false;
  let next = 0;
  const follow = async (): Promise<void> => {
    while (!isOver && next < links.length) {
      const { id, url } = links[next++]!;
      try {
        const { status, location } = await visit(current.url, url);
        if (status === 302 && location?.startsWith(CART)) answered.push(id);
      } catch {
        // Nobody there, or gone in the middle: whoever is not led on may or may not have been counted.
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  };
  for (let kill = 0; kill < KILLS; kill++) {
    const before = answered.length;
    const visitors = Array.from({ length: VISITORS }, follow);
    while (answered.length < before + 20 + random() * 80) await new Promise((resolve) => setTimeout(resolve, 1));
    await current.end('SIGKILL');
    isOver = true;
    await Promise.all(visitors);
    isOver = false;
    current = await start();
  }
  expect(answered.length).toBeGreaterThan(KILLS * 20);
  await database.setClock(T0 + 60_000); // what a killed process had claimed is free again
  await settle(database);
  const events = await eventsOfLinks();
  expect(answered.filter((id) => events.get(id) !== 1)).toEqual([]);
  expect([...events.values()].filter((n) => n !== 1)).toEqual([]);
  const { rows } = await database.pool.query('SELECT FROM link_click_journal');
  expect(rows).toHaveLength(0);
}, 120_000);
