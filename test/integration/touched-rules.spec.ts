import type { Rule } from '../../src/core/rule.js';
import { DAY, HOUR, T0 } from '../support/builders.js';
import { inconsistencies, wrongTimers } from '../support/consistency.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { CATALOGUE, Chance, RandomLife, VERSIONS } from '../support/random-life.js';
import { SIGNING_KEY, TestTurnout } from '../support/turnout.js';
import { customerioWebhook } from '../support/webhooks.js';

const PEOPLE = 6;
const ROUNDS = 20;
const MOST_WEBHOOKS = 12;
const STEPS = [1_000, 5 * 60_000, HOUR, 7 * HOUR, DAY, 2 * DAY, 6 * DAY];

describe('only the rules that an event touches are asked', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database, undefined, { EVALUATE_BATCH_SIZE: '2' });
  });

  afterEach(async () => {
    await turnout.stop();
    await database.drop();
  });

  it.each([1, 2])('and memberships and timers are those of asking all, in a random life (seed %i)', async (seed) => {
    const chance = new Chance(seed);
    const life = new RandomLife(chance, PEOPLE);
    const rules: Record<string, Rule> = {};
    const publish = async (key: string) => {
      const rule = chance.of(VERSIONS[key]!);
      rules[key] = rule;
      await turnout.must('PUT', `/v1/segments/${key}`, { rule });
    };
    const declareCta = async (key: string) => {
      const patterns = chance.of(CATALOGUE[key]!);
      if (patterns) await turnout.must('PUT', `/v1/ctas/${key}`, { patterns });
      else await turnout.call('DELETE', `/v1/ctas/${key}`);
    };
    const declareHistory = (startsAt: number, eventNames: string[]) =>
      turnout.must('PUT', '/v1/sources/shopify/history', { startsAt: new Date(startsAt).toISOString(), eventNames });
    const changeSomething = async () => {
      const kind = chance.next();
      if (kind < 0.7) await publish(chance.of(Object.keys(VERSIONS)));
      else if (kind < 0.95) await declareCta(chance.of(Object.keys(CATALOGUE)));
      else await declareHistory(T0 - chance.below(40) * DAY, []);
    };

    for (const key of Object.keys(CATALOGUE)) await declareCta(key);
    for (const key of Object.keys(VERSIONS)) await publish(key);
    await declareHistory(T0 - 2 * DAY, ['purchase', 'order_cancelled']);
    let now = T0;
    for (let round = 1; round <= ROUNDS; round++) {
      const webhooks = Array.from({ length: chance.below(MOST_WEBHOOKS + 1) }, () => life.webhook(now));
      const work = chance.shuffled([
        ...webhooks.map((webhook) => async () => expect((await turnout.send(webhook)).status).toBe(200)),
        ...(chance.happens(0.35) ? [changeSomething] : []),
      ]);
      if (chance.happens(0.5)) await Promise.all(work.map((one) => one()));
      else for (const one of work) await one();
      await turnout.settle();
      const found = {
        ...(await inconsistencies(database.pool, rules)),
        timers: await wrongTimers(database.pool, rules),
      };
      expect({ seed, round, ...found }).toEqual({ seed, round, unreplayed: 0, wrong: [], timers: [] });
      now += Math.ceil(chance.of(STEPS) * chance.next());
      await database.setClock(now);
    }
    const { rows } = await database.pool.query<{ n: string }>('SELECT count(*) AS n FROM transitions');
    expect(Number(rows[0]!.n)).toBeGreaterThan(200);
  });

  it('and no others: what is noted of them stays as it was', async () => {
    const at = (ms: number) => new Date(T0 + ms).toISOString();
    await turnout.must('PUT', '/v1/segments/clicked', { rule: { performed: 'click', within: '30d' } });
    await turnout.must('PUT', '/v1/segments/opened', { rule: { performed: 'email_opened', within: '30d' } });
    const report = (metric: string, ms: number) =>
      turnout.send(customerioWebhook({ secret: SIGNING_KEY, at: T0 + ms, metric }));
    await report('clicked', 0);
    await report('opened', 0);
    await turnout.settle();
    const setDueAt = (segment: string, dueAt: string) =>
      database.pool.query('UPDATE memberships SET due_at = $2 FROM segments WHERE id = segment_id AND key = $1', [
        segment,
        dueAt,
      ]);
    const dueAts = async () => {
      const { rows } = await database.pool.query<{ key: string; due_at: Date }>(
        'SELECT key, due_at FROM memberships JOIN segments ON id = segment_id ORDER BY key',
      );
      return rows.map((row) => [row.key, row.due_at.toISOString()]);
    };
    // Wrong on purpose: who asks the rule puts it right.
    await setDueAt('opened', at(99 * DAY));
    await database.setClock(T0 + DAY);
    await report('clicked', DAY);
    await turnout.settle();
    expect(await dueAts()).toEqual([
      ['clicked', at(31 * DAY)],
      ['opened', at(99 * DAY)],
    ]);
    await setDueAt('clicked', at(88 * DAY));
    await database.setClock(T0 + 2 * DAY);
    await report('opened', 2 * DAY);
    await turnout.settle();
    expect(await dueAts()).toEqual([
      ['clicked', at(88 * DAY)],
      ['opened', at(32 * DAY)],
    ]);
    // Whatever is declared anew, everything is asked again.
    await turnout.must('PUT', '/v1/ctas/shop', { patterns: [{ host: 'shop.example' }] });
    await turnout.settle();
    expect(await dueAts()).toEqual([
      ['clicked', at(31 * DAY)],
      ['opened', at(32 * DAY)],
    ]);
  });
});
