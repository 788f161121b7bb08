import { MembershipEvaluator } from '../../src/memberships/evaluator.js';
import { laneOfProfile } from '../../src/platform/lanes.js';
import { DAY, HOUR, T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { fact, take } from '../support/facts.js';
import { TestTurnout } from '../support/turnout.js';

describe('an evaluation of somebody who is due', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database, undefined, { TURNOUT_ROLES: 'api' });
    await turnout.must('PUT', '/v1/segments/lately', { rule: { performed: 'click', within: '1d' } });
    await take(turnout, fact('click', T0, 'customer_id=1'));
  });

  afterEach(async () => {
    await turnout.stop();
    await database.drop();
  });

  it('is not overtaken by an event that comes meanwhile, which finds what it wrote', async () => {
    const id = Number((await turnout.must('GET', '/v1/profiles/customer_id:1')).profileId);
    await database.setClock(T0 + DAY + HOUR);
    const holder = await database.pool.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT FROM memberships WHERE profile_id = $1 FOR UPDATE', [id]);
    const evaluating = turnout.app.get(MembershipEvaluator).evaluateBatch(laneOfProfile(id), 10);
    await database.untilWaiting(1); // it has read, and is about to write
    const arriving = take(turnout, fact('click', T0 + DAY + HOUR, 'customer_id=1'));
    await database.untilWaiting(2);
    await holder.query('COMMIT');
    holder.release();
    expect(await evaluating).toMatchObject({ profiles: 1, transitions: 1 });
    expect(await arriving).toEqual([{ kind: 'stored' }]);
    const { rows } = await database.pool.query<{ kind: string; at: Date }>(
      'SELECT kind, at FROM transitions WHERE profile_id = $1 ORDER BY ordinal',
      [id],
    );
    expect(rows.map(({ kind, at }) => [kind, at.getTime() - T0])).toEqual([
      ['entered', 0],
      ['exited', DAY],
      ['entered', DAY + HOUR],
    ]);
  });
});
