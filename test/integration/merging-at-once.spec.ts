import type { PoolClient } from 'pg';
import { DataSource } from 'typeorm';
import type { Rule } from '../../src/core/rule.js';
import { OutboxStore } from '../../src/outbox/outbox-store.js';
import { T0 } from '../support/builders.js';
import { inconsistencies } from '../support/consistency.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { fact, take } from '../support/facts.js';
import { TestTurnout, type JsonObject } from '../support/turnout.js';

const RULES: Record<string, Rule> = {
  clicked: { performed: 'click', within: '30d' },
  often: { performed: 'click', within: '30d', count: { atLeast: 3 } },
};

/** Than the one who made names known. */
const IS_OF_OTHERS = `profile_id NOT IN (SELECT profile_id FROM identifiers WHERE value = 'names' AND profile_id IS NOT NULL)`;

describe('merges beside other transactions', () => {
  let database: TestDatabase;
  let one: TestTurnout;
  let other: TestTurnout;
  let holder: PoolClient;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    one = await TestTurnout.start(database);
    other = await TestTurnout.start(database, undefined, { TURNOUT_ROLES: 'api' });
    await one.must('PUT', '/v1/sources/customerio/history', {
      startsAt: '1970-01-01T00:00:00Z',
      eventNames: ['click', 'identify'],
    });
    for (const [key, rule] of Object.entries(RULES)) await one.must('PUT', `/v1/segments/${key}`, { rule });
    // Who brings a name that is new to a source waits for everybody else.
    await take(one, fact('identify', T0, 'customer_id=names'));
    await one.settle();
    holder = await database.pool.connect();
  });

  afterEach(async () => {
    holder.release();
    await other.stop();
    await one.stop();
    await database.drop();
  });

  const profileId = async (who: string) => (await one.must('GET', `/v1/profiles/${who}`)).profileId as number;

  /** Holds a profile's row, as an evaluation does. */
  async function hold(who: string): Promise<void> {
    const id = await profileId(who);
    await holder.query('BEGIN');
    await holder.query('SELECT FROM profiles WHERE id = $1 FOR UPDATE', [id]);
  }

  /** Everybody is one, with so many clicks and the event that showed it, and what is stored is what the rules say. */
  async function isOne(who: string[], clicks: number): Promise<void> {
    await one.settle();
    const ids = await Promise.all(who.map(profileId));
    expect(new Set(ids).size).toBe(1);
    const { rows } = await database.pool.query(`SELECT DISTINCT profile_id, id FROM events WHERE ${IS_OF_OTHERS}`);
    expect(rows).toHaveLength(clicks + 1);
    expect(new Set(rows.map((row: { profile_id: string }) => row.profile_id))).toEqual(new Set([String(ids[0])]));
    expect(await inconsistencies(database.pool, RULES)).toEqual({ unreplayed: 0, wrong: [] });
    const { memberships } = await one.must('GET', `/v1/profiles/${who[0]!}`);
    expect((memberships as JsonObject[]).map((standing) => standing.isMember as boolean)).toEqual([true, clicks >= 3]);
  }

  /** Every event is at one profile, and none at one that has ended. */
  async function haveAllAtOne(who: string, events: number): Promise<void> {
    await one.settle();
    const { rows } = await database.pool.query<{ id: string; events: number }>(
      `SELECT profile_id AS id, count(*)::int AS events FROM events WHERE ${IS_OF_OTHERS} GROUP BY 1`,
    );
    expect(rows).toEqual([{ id: String(await profileId(who)), events }]);
  }

  it('wait for an evaluation that holds the row', async () => {
    await take(one, fact('click', T0, 'customer_id=1'), fact('click', T0, 'email=a@x.io'));
    await hold('email:a@x.io');
    const merging = take(other, fact('identify', T0, 'customer_id=1 email=a@x.io'));
    await database.untilWaiting(1);
    await holder.query('COMMIT');
    expect(await merging).toEqual([{ kind: 'stored' }]);
    await isOne(['customer_id:1', 'email:a@x.io'], 2);
  });

  it('take along an event that was there first', async () => {
    await take(one, fact('click', T0, 'customer_id=1'), fact('click', T0, 'email=a@x.io'));
    await hold('email:a@x.io');
    const arriving = take(other, fact('click', T0, 'email=a@x.io'));
    await database.untilWaiting(1);
    const merging = take(one, fact('identify', T0, 'customer_id=1 email=a@x.io'));
    await database.untilWaiting(2);
    await holder.query('COMMIT');
    expect([await arriving, await merging]).toEqual([[{ kind: 'stored' }], [{ kind: 'stored' }]]);
    await isOne(['customer_id:1', 'email:a@x.io'], 3);
  });

  it('take along an event that was there first and that no rule asks for', async () => {
    await take(one, fact('visit', T0, 'customer_id=1'), fact('visit', T0, 'email=a@x.io'));
    await hold('email:a@x.io');
    const arriving = take(other, fact('visit', T0, 'email=a@x.io'));
    await database.untilWaiting(1);
    const merging = take(one, fact('identify', T0, 'customer_id=1 email=a@x.io'));
    await database.untilWaiting(2);
    await holder.query('COMMIT');
    expect([await arriving, await merging]).toEqual([[{ kind: 'stored' }], [{ kind: 'stored' }]]);
    await haveAllAtOne('customer_id:1', 4);
  });

  it('are found out by an event that comes for the profile that goes and that no rule asks for', async () => {
    await take(one, fact('visit', T0, 'customer_id=1'), fact('visit', T0, 'email=a@x.io'));
    await hold('email:a@x.io');
    const merging = take(one, fact('identify', T0, 'customer_id=1 email=a@x.io'));
    await database.untilWaiting(1);
    const arriving = take(other, fact('visit', T0, 'email=a@x.io'));
    await database.untilWaiting(2);
    await holder.query('COMMIT');
    expect([await merging, await arriving]).toEqual([[{ kind: 'stored' }], [{ kind: 'stored' }]]);
    await haveAllAtOne('customer_id:1', 4);
  });

  it.each(['email=a@x.io', 'email=a@x.io phone=+491701234567'])(
    'are found out by an event that comes for the profile that goes, and by what it names: %s',
    async (names) => {
      await take(one, fact('click', T0, 'customer_id=1'), fact('click', T0, 'email=a@x.io'));
      await hold('email:a@x.io');
      const merging = take(one, fact('identify', T0, 'customer_id=1 email=a@x.io'));
      await database.untilWaiting(1);
      const arriving = take(other, fact('click', T0, names));
      await database.untilWaiting(2);
      await holder.query('COMMIT');
      expect([await merging, await arriving]).toEqual([[{ kind: 'stored' }], [{ kind: 'stored' }]]);
      await isOne(['customer_id:1', ...names.split(' ').map((name) => name.replace('=', ':'))], 3);
    },
  );

  it('find what began to wait for an order while its buyer was on the way', async () => {
    await take(one, fact('click', T0, 'customer_id=0')); // a name that is known
    await holder.query('BEGIN');
    await holder.query('LOCK TABLE waiting_events IN SHARE MODE');
    const waiting = take(one, fact('click', T0, 'shopify_order_id=s1'));
    await database.untilWaiting(1);
    const buying = take(other, fact('identify', T0, 'customer_id=1 shopify_order_id=s1'));
    await database.untilWaiting(2);
    await holder.query('COMMIT');
    expect([await waiting, await buying]).toEqual([[{ kind: 'stored' }], [{ kind: 'stored' }]]);
    await one.settle();
    expect(await profileId('shopify_order_id:s1')).toBe(await profileId('customer_id:1'));
    expect((await one.must('GET', '/v1/profiles/customer_id:1/events')).events).toHaveLength(2);
  });

  it('have who goes leave a segment only after what is sent about them, however late that begins', async () => {
    const push = { customerio: { segmentId: 7 } }; // which is not there: what is owed stays where it is
    await one.must('PUT', '/v1/segments/told', { rule: RULES.clicked, push });
    await take(one, fact('click', T0, 'customer_id=1'), fact('click', T0, 'email=a@x.io'));
    await holder.query('BEGIN');
    await holder.query(
      `INSERT INTO outbox (lane, profile_id, destination, subject, version, payload)
       SELECT lane, profile_id, destination, 'decision:1', 1, '{"kind":"decision"}' FROM outbox ORDER BY profile_id DESC LIMIT 1`,
    );
    await holder.query('COMMIT; BEGIN');
    await holder.query(`SELECT FROM outbox WHERE subject = 'decision:1' FOR UPDATE`);
    const merging = take(one, fact('identify', T0, 'customer_id=1 email=a@x.io'));
    await database.untilWaiting(1);
    const lanes = Array.from({ length: 64 }, (_, lane) => lane);
    const what = { lanes, priority: 0, destination: 'customerio', most: 100, leaseMs: 60_000 };
    expect(await one.app.get(OutboxStore).claim(one.app.get(DataSource).manager, what)).toHaveLength(2);
    await holder.query('COMMIT');
    await merging;
    const { rows } = await database.pool.query<{ at: Date }>(
      'SELECT due_at AS at FROM outbox WHERE leaving IS NOT NULL',
    );
    expect(rows.map((row) => row.at.getTime() - T0)).toEqual([60_000]);
  });

  it('cross without harm: whoever comes first, all end in one, and nothing is lost or counted twice', async () => {
    for (let round = 0; round < 4; round++) {
      const who = [
        `customer_id=${round}`,
        `email=r${round}@x.io`,
        `anonymous_id=n${round}`,
        `phone=+4917012345${round}0`,
      ];
      const crossing = [
        `${who[0]} ${who[1]}`,
        `${who[2]} ${who[3]}`,
        `${who[1]} ${who[2]}`,
        `${who[3]} ${who[0]}`,
        ...who,
      ];
      await Promise.all(who.map((one_, index) => take(index % 2 ? one : other, fact('click', T0, one_))));
      const taken = await Promise.all(
        crossing.map((names, index) => take(index % 2 ? one : other, fact('click', T0, names))),
      );
      expect(taken.flat()).toEqual(Array(crossing.length).fill({ kind: 'stored' }));
      await one.settle();
      const ids = await Promise.all(who.map((name) => profileId(name.replace('=', ':'))));
      expect(new Set(ids).size).toBe(1);
      const { rows } = await database.pool.query('SELECT FROM events WHERE profile_id = $1', [ids[0]]);
      expect(rows).toHaveLength(who.length + crossing.length);
    }
    const { rows: strays } = await database.pool.query(
      'SELECT FROM events JOIN profiles p ON (p.lane, p.id) = (events.lane, profile_id) WHERE p.ended_at IS NOT NULL',
    );
    expect(strays).toEqual([]);
    expect(await inconsistencies(database.pool, RULES)).toEqual({ unreplayed: 0, wrong: [] });
  });
});
