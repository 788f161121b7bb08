import { readFileSync } from 'node:fs';
import { DAY, HOUR, T0 } from '../support/builders.js';
import { startCustomerioServer, type CustomerioServer } from '../support/customerio-server/customerio-server.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { fencesIn } from '../support/doc-examples.js';
import { SIGNING_KEY, TestTurnout, type JsonObject } from '../support/turnout.js';
import { customerioWebhook } from '../support/webhooks.js';

const fences = fencesIn(readFileSync('docs/segments.md', 'utf8'));

describe('docs/segments.md', () => {
  let database: TestDatabase;
  let customerio: CustomerioServer;
  let turnout: TestTurnout;

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.setClock(T0 - DAY);
    customerio = await startCustomerioServer();
    for (const id of ['ada', 'bob']) customerio.seedPerson({ id, cio_id: `c${id}` });
    customerio.seedSegment({ id: 7, name: 'cart', type: 'manual' });
    turnout = await TestTurnout.start(database, customerio);
    await turnout.must('PUT', '/v1/ctas/cart', { patterns: [{ path: '/cart' }] });
    await database.setClock(T0);
    const complete = { startsAt: new Date(T0 - 90 * DAY).toISOString(), eventNames: ['click'] };
    await turnout.must('PUT', '/v1/sources/customerio/history', complete);
    await click('ada', T0 - 10 * DAY);
    await click('bob', T0 - HOUR);
    await turnout.settle();
  });

  afterAll(async () => {
    await turnout.stop();
    await customerio.stop();
    await database.drop();
  });

  const click = (id: string, at: number) =>
    turnout.send(
      customerioWebhook({ secret: SIGNING_KEY, at, href: 'https://shop.example/cart', identifiers: { id } }),
    );

  it('tells calls and answers by turns, and they are answered so', async () => {
    const told = fences.map(({ info }) => info);
    expect(told).toEqual(told.map((_, index) => (index % 2 === 0 ? 'http' : 'json answer')));
    expect(told.length).toBeGreaterThan(25);
    let answer: JsonObject = {};
    for (const { info, text, title } of fences) {
      if (info === 'http') {
        const [line, ...body] = text.split('\n');
        const [method, path] = line!.split(' ');
        await turnout.settle();
        answer = await turnout.must(method!, path!, body.length > 0 ? JSON.parse(body.join('\n')) : undefined);
      } else expect({ title, ...answer }).toMatchObject({ title, ...(JSON.parse(text) as object) });
    }
  }, 120_000);
});
