import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { DAY, T0 } from '../support/builders.js';
import { SIGNING_KEY, TestTurnout, type JsonObject } from '../support/turnout.js';
import { customerioWebhook } from '../support/webhooks.js';

const MINUTE = 60_000;

describe('clicks of machines', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database);
    await turnout.must('PUT', '/v1/segments/clicked', { rule: { performed: 'click', within: '30d' } });
  });

  afterEach(async () => {
    await turnout.stop();
    await database.drop();
  });

  const send = async (metric: string, at: number, path?: string) => {
    const href = path && `https://shop.example${path}`;
    const answer = await turnout.send(
      customerioWebhook({ secret: SIGNING_KEY, at: T0 + at, metric, ...(href && { href }) }),
    );
    expect(answer.status).toBe(200);
  };
  const click = (at: number, path = '/a') => send('clicked', at, path);

  const at = async (instant: number, work: () => Promise<unknown>) => {
    await database.setClock(T0 + instant);
    await work();
    await turnout.settle();
  };

  const log = async () => {
    const { transitions } = await turnout.must('GET', '/v1/profiles/customer_id:4711');
    return (transitions as JsonObject[]).map(({ kind, cause, at: instant }) => [
      kind,
      cause,
      Date.parse(instant as string) - T0,
    ]);
  };

  const eventId = async (name: string) => {
    const { rows } = await database.pool.query<{ id: string }>('SELECT id FROM events WHERE name = $1', [name]);
    return rows[0]!.id;
  };

  it("a scanner's do not count; the person's of ten minutes later does", async () => {
    await at(0, () => send('delivered', 0));
    await at(4_000, async () => {
      for (const path of ['/a', '/b', '/c']) await click(3_000, path);
    });
    const why = await turnout.must('GET', '/v1/segments/clicked/profiles/customer_id:4711');
    expect(why).toMatchObject({
      isMember: false,
      notCounted: Array.from({ length: 3 }, () => ({
        at: new Date(T0 + 3_000).toISOString(),
        actorClass: 'machine',
        reasons: ['many_links_at_once', 'soon_after_delivery'],
      })),
    });
    await at(10 * MINUTE, () => click(10 * MINUTE));
    expect((await log()).at(-1)).toEqual(['entered', 'event', 600_000]);
    expect(await turnout.must('GET', '/v1/segments/clicked/profiles/customer_id:4711')).toMatchObject({
      isMember: true,
      changesAt: new Date(T0 + 10 * MINUTE + 30 * DAY).toISOString(),
    });
  });

  it('the further links of a scanner take back the first', async () => {
    await at(3_000, () => click(3_000, '/a'));
    await at(4_000, () => click(4_000, '/b'));
    expect(await log()).toEqual([['entered', 'event', 3_000]]);
    await at(5_000, () => click(5_000, '/c'));
    expect(await log()).toEqual([
      ['entered', 'event', 3_000],
      ['exited', 'reclassification', 5_000],
    ]);
  });

  it('a delivery that is told of after its clicks makes them what they are', async () => {
    await at(MINUTE, () => click(1_000));
    expect(await log()).toEqual([['entered', 'event', 1_000]]);
    await at(2 * MINUTE, () => send('delivered', 0));
    expect(await log()).toEqual([
      ['entered', 'event', 1_000],
      ['exited', 'reclassification', 1_000],
    ]);
    const { transitions } = await turnout.must('GET', '/v1/profiles/customer_id:4711');
    expect((transitions as JsonObject[])[1]).toMatchObject({ causeEventId: await eventId('email_delivered') });
  });

  it('each class, and the reasons for it, can be asked for', async () => {
    await turnout.must('PUT', '/v1/segments/strict', {
      rule: { performed: 'click', by: 'strictHumans', within: '30d' },
    });
    await turnout.must('PUT', '/v1/segments/machines', { rule: { performed: 'click', by: 'machines', within: '30d' } });
    await turnout.must('PUT', '/v1/segments/hasty', {
      rule: { performed: 'click', where: { actor_reasons: { contains: 'soon_after_delivery' } }, within: '30d' },
    });
    await at(5_000, () => click(5_000));
    const members = async () => {
      const found = (await turnout.must('GET', '/v1/profiles/customer_id:4711')).memberships as JsonObject[];
      return found.filter(({ isMember }) => isMember === true).map(({ segment }) => segment as string);
    };
    expect((await members()).sort()).toEqual(['clicked', 'strict']);
    await at(MINUTE, () => send('delivered', 0));
    expect((await members()).sort()).toEqual(['clicked', 'hasty']);
    await at(2 * MINUTE, () => send('delivered', 4_000));
    expect(await members()).toEqual(['machines']);
  });
});
