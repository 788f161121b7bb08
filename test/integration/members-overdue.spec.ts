import { DAY, T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { fact, take } from '../support/facts.js';
import { TestTurnout, type JsonObject } from '../support/turnout.js';

const at = (ms: number) => new Date(T0 + ms).toISOString();

describe('members whose time has come while no worker looks', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  /** 1 clicks at the beginning, 2 a day later, 3 just before another day is over. */
  beforeAll(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database, undefined, { TURNOUT_ROLES: 'api' });
    await turnout.must('PUT', '/v1/sources/shopify/history', { startsAt: at(-9 * DAY), eventNames: ['purchase'] });
    const click = { performed: 'click', within: '2d' };
    await turnout.must('PUT', '/v1/segments/clicked', { rule: click });
    await turnout.must('PUT', '/v1/segments/lapsed', {
      rule: { ...click, notFollowedBy: { performed: 'purchase', within: '1d' } },
    });
    for (const [index, ms] of [0, DAY, 2 * DAY - 1].entries()) {
      await database.setClock(T0 + ms);
      await take(turnout, fact('click', T0 + ms, `customer_id=${index + 1}`));
    }
  });

  afterAll(async () => {
    await turnout.stop();
    await database.drop();
  });

  async function members(key: string, query = ''): Promise<{ shown: unknown[]; next: unknown }> {
    const { members: all, next } = await turnout.must('GET', `/v1/segments/${key}/members${query}`);
    const shown = (all as JsonObject[]).map(({ identifiers, since, leavesAt, version }) => [
      (identifiers as { customer_id: string }).customer_id,
      ...[since, leavesAt, version],
    ]);
    return { shown, next };
  }

  async function allBy(key: string, limit: number): Promise<unknown[]> {
    const found: unknown[] = [];
    let after = '';
    for (;;) {
      const { shown, next } = await members(key, `?limit=${limit}${after}`);
      expect(shown.length).toBeLessThanOrEqual(limit);
      found.push(...shown);
      if (next === null) return found;
      after = `&after=${next as string}`;
    }
  }

  it('are listed no longer from that instant on, and those who have entered are', async () => {
    const two = ['2', at(DAY), at(3 * DAY), 1];
    const three = ['3', at(2 * DAY - 1), at(4 * DAY - 1), 1];
    const one = ['1', at(0), at(2 * DAY), 1];
    await database.setClock(T0 + 2 * DAY - 1);
    expect(await members('clicked')).toEqual({ shown: [one, two, three], next: null });
    expect(await members('lapsed')).toEqual({ shown: [['1', at(DAY), at(2 * DAY), 1]], next: null });
    await database.setClock(T0 + 2 * DAY);
    expect(await members('clicked')).toEqual({ shown: [two, three], next: null });
    expect(await members('lapsed')).toEqual({ shown: [['2', at(2 * DAY), at(3 * DAY), 1]], next: null });
    for (const limit of [1, 2]) {
      expect(await allBy('clicked', limit)).toEqual([two, three]);
      expect(await allBy('lapsed', limit)).toEqual([['2', at(2 * DAY), at(3 * DAY), 1]]);
    }
    const { key } = turnout as unknown as { key: string };
    const headers = { authorization: `Bearer ${key}` };
    const file = await (await fetch(`${turnout.url}/v1/segments/clicked/members.csv`, { headers })).text();
    expect(file.trim().split('\r\n')).toHaveLength(3);
  });
});
