import type { Rule } from '../../src/core/rule.js';
import { DAY, HOUR, T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { fact, take } from '../support/facts.js';
import { TestTurnout, type JsonObject } from '../support/turnout.js';

const TWICE: Rule = { performed: 'click', within: '30d', count: { atLeast: 2 } };

const ARMS = [
  { key: 'left', percentage: 50 },
  { key: 'right', percentage: 50 },
];

describe('decisions about a profile that turns out to be another one', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database);
    await turnout.must('PUT', '/v1/sources/customerio/history', {
      startsAt: '1970-01-01T00:00:00Z',
      eventNames: ['click', 'purchase'],
    });
    await turnout.must('PUT', '/v1/journeys/j', {
      branchPoints: {
        p: { branches: [{ key: 'yes', rule: TWICE }], default: 'no', push: false },
        halves: {
          branches: [{ key: 'all', rule: { everyone: true }, split: { arms: ARMS } }],
          default: 'no',
          push: false,
        },
        open: {
          branches: [
            {
              key: 'lapsed',
              rule: { performed: 'click', within: '30d', notFollowedBy: { performed: 'purchase', within: '3d' } },
            },
          ],
          default: 'no',
          push: false,
          whenPending: 'wait',
        },
      },
    });
  });

  afterEach(async () => {
    await turnout.stop();
    await database.drop();
  });

  const decide = (identifiers: object, point = 'p') =>
    turnout.must('POST', `/v1/journeys/j/branch-points/${point}/decide`, { identifiers });
  const matches = async ({ decision_id: id }: JsonObject) =>
    (await turnout.must('POST', `/v1/decisions/${String(id)}/replay`)).matches;
  const logged = ({ decision_id: id }: JsonObject) => turnout.must('GET', `/v1/decisions/${String(id)}`);

  async function later(ms: number): Promise<void> {
    await database.setClock((await database.now()) + ms);
    await turnout.settle();
  }

  it('replay by what was known of it then, however often it is merged, and tell what the other one adds', async () => {
    await take(turnout, fact('click', T0, 'customer_id=1'));
    await take(turnout, fact('click', T0, 'email=a@x.io'));
    await take(turnout, fact('click', T0, 'anonymous_id=n'));
    await later(HOUR);
    const first = [
      await decide({ customer_id: 1 }),
      await decide({ email: 'a@x.io' }),
      await decide({ anonymous_id: 'n' }),
    ];
    expect(first.map((one) => one.branch as string)).toEqual(['no', 'no', 'no']);

    await take(turnout, fact('page', T0 + HOUR, 'email=a@x.io anonymous_id=n'));
    await later(HOUR);
    const second = await decide({ anonymous_id: 'n' });
    expect(second.branch).toBe('yes');
    await take(turnout, fact('page', T0 + 2 * HOUR, 'customer_id=1 email=a@x.io'));
    await later(HOUR);

    for (const one of [...first, second]) expect(await matches(one)).toBe(true);
    for (const one of first) {
      expect((await logged(one)).revised).toMatchObject({ branch: 'yes', cause: 'late_event' });
    }
    expect((await logged(second)).revised).toBeNull();
  });

  it('replay to the arm on which it fell, not to the other one’s', async () => {
    const sides = new Set<unknown>();
    for (let number = 1; sides.size < 2; number++) {
      await take(turnout, fact('page', T0, `customer_id=${number}`));
      await take(turnout, fact('page', T0, `email=p${number}@x.io`));
      const own = await decide({ customer_id: number }, 'halves');
      const others = await decide({ email: `p${number}@x.io` }, 'halves');
      sides.add(own.branch === others.branch);
      await take(turnout, fact('page', T0, `customer_id=${number} email=p${number}@x.io`));
      await turnout.settle();
      for (const one of [own, others]) expect(await matches(one)).toBe(true);
    }
  });

  it('that are open then settle by the union, and replay from both', async () => {
    await take(turnout, fact('page', T0, 'customer_id=1'));
    await take(turnout, fact('click', T0, 'email=a@x.io'));
    await later(HOUR);
    const open = await decide({ email: 'a@x.io' }, 'open');
    expect(open.status).toBe('pending');
    await take(turnout, fact('page', T0 + HOUR, 'customer_id=1 email=a@x.io'));
    await later(3 * DAY);
    expect(await logged(open)).toMatchObject({ branch: 'lapsed', first: { reason: 'PENDING' } });
    expect(await matches(open)).toBe(true);
  });
});
