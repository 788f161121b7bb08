import { T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { TestTurnout, type Answer, type JsonObject } from '../support/turnout.js';

/** All orders of a few things. */
function ordersOf<T>(things: readonly T[]): T[][] {
  if (things.length <= 1) return [[...things]];
  return things.flatMap((thing, place) =>
    ordersOf(things.filter((_, at) => at !== place)).map((rest) => [thing, ...rest]),
  );
}

describe('an alias', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;
  let other: TestTurnout;
  let writeKey: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database);
    other = await TestTurnout.start(database, undefined, { TURNOUT_ROLES: 'api' });
    writeKey = (await turnout.must('POST', '/v1/api-keys', { name: 'shop', scopes: ['ingest'] })).key as string;
    await send(call('track', { userId: 'first' }), call('alias', { userId: 'first', previousId: 'anon-first' }));
  });

  afterAll(async () => {
    await other.stop();
    await turnout.stop();
    await database.drop();
  });

  let sent = 0;
  const call = (type: string, ids: JsonObject): JsonObject => ({
    ...{ type, ...ids, timestamp: new Date(T0).toISOString(), messageId: `m-${++sent}` },
    ...(type === 'track' && { event: 'Trial Started' }),
  });

  async function send(...calls: JsonObject[]): Promise<void> {
    await sendTo(turnout, ...calls);
  }

  async function sendTo(service: TestTurnout, ...calls: JsonObject[]): Promise<void> {
    const answer = await service.send({
      path: '/v1/batch',
      body: Buffer.from(JSON.stringify({ batch: calls })),
      headers: { authorization: `Bearer ${writeKey}`, 'content-type': 'application/json' },
    });
    expect(answer).toMatchObject({ status: 200, body: { success: true } });
  }

  const profile = (who: string): Promise<Answer> => turnout.call('GET', `/v1/profiles/${who}`);
  const idOf = async (who: string): Promise<unknown> => (await profile(who)).body.profileId;

  /** Calls about somebody with two ids as a customer, of which an alias tells that they are the same person's. */
  const movedHouse = (n: number): JsonObject[] => [
    call('track', { userId: `old${n}` }),
    call('identify', { userId: `new${n}`, traits: { email: `e${n}@example.com` } }),
    call('alias', { userId: `new${n}`, previousId: `old${n}` }),
    call('identify', { userId: `old${n}`, anonymousId: `device${n}` }),
  ];

  it('makes one of two customers, whichever of the calls comes first, in one batch or one by one', async () => {
    let n = 0;
    for (const isTogether of [true, false]) {
      for (const order of ordersOf([0, 1, 2, 3])) {
        n += 1;
        const calls = movedHouse(n);
        const inOrder = order.map((place) => calls[place]!);
        if (isTogether) await send(...inOrder);
        else for (const one of inOrder) await send(one);
        const who = [
          `customer_id:old${n}`,
          `customer_id:new${n}`,
          `email:e${n}@example.com`,
          `anonymous_id:device${n}`,
        ];
        const found = await Promise.all(who.map(idOf));
        expect([isTogether, order, new Set(found).size]).toEqual([isTogether, order, 1]);
        const { body } = await profile(who[0]!);
        expect((body.timeline as JsonObject).events).toHaveLength(4);
        expect(body.conflicts).toEqual([]);
      }
    }
    const { rows } = await database.pool.query(`SELECT FROM awaited_aliases WHERE value LIKE 'old%'`);
    expect(rows).toEqual([]);
  }, 300_000);

  it('of a device that two people share leaves them two', async () => {
    await send(
      call('alias', { userId: 'ann', previousId: 'tablet' }),
      call('alias', { userId: 'bo', previousId: 'tablet' }),
    );
    expect(await idOf('customer_id:ann')).not.toBe(await idOf('customer_id:bo'));
    expect(await idOf('anonymous_id:tablet')).toBe(await idOf('customer_id:ann'));
    expect((await profile('customer_id:tablet')).status).toBe(404);
    expect((await profile('customer_id:ann')).body.identifiers).toEqual([
      { kind: 'anonymous_id', value: 'tablet' },
      { kind: 'customer_id', value: 'ann' },
    ]);
  });

  it('is heard by a customer who comes at the same moment, in another process', async () => {
    const holder = await database.pool.connect();
    await holder.query('BEGIN');
    await holder.query('LOCK TABLE awaited_aliases IN SHARE MODE');
    const aliased = send(call('alias', { userId: 'now', previousId: 'before' }));
    await database.untilWaiting(1);
    const arriving = sendTo(other, call('track', { userId: 'before' }));
    await database.untilWaiting(2);
    await holder.query('COMMIT');
    holder.release();
    await Promise.all([aliased, arriving]);
    expect(await idOf('customer_id:before')).toBe(await idOf('customer_id:now'));
  });

  it('holds for whoever is erased, too: what comes late under the former id is turned away, and nothing of it stays', async () => {
    await send(call('alias', { userId: 'gone', previousId: 'gone-before' }));
    await turnout.must('DELETE', '/v1/profiles/customer_id:gone');
    await send(call('track', { userId: 'gone-before' }), call('alias', { userId: 'stays', previousId: 'gone-before' }));
    expect((await profile('customer_id:gone-before')).status).toBe(404);
    for (const table of ['identifiers', 'awaited_aliases']) {
      const { rows } = await database.pool.query(`SELECT FROM ${table} AS kept WHERE kept::text LIKE '%gone%'`);
      expect(rows).toEqual([]);
    }
  });
});
