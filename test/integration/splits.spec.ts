import { T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { JourneyClient } from '../support/journey.js';
import { TestTurnout } from '../support/turnout.js';

const PEOPLE = 300;
const EVERYONE = { everyone: true };

describe('splits and holdouts', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;
  let journey: JourneyClient;

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database);
    journey = new JourneyClient(turnout, 'spring');
    await Promise.all(Array.from({ length: PEOPLE }, (_, id) => journey.click(id, T0)));
  });

  afterAll(async () => {
    await turnout.stop();
    await database.drop();
  });

  const declare = (arms: Record<string, number>, more: object = {}) => {
    const split = { arms: Object.entries(arms).map(([key, percentage]) => ({ key, percentage })) };
    return journey.declare({ fork: { branches: [{ key: 'rest', rule: EVERYONE, split }], default: 'none' } }, more);
  };

  /** Who is sent where. */
  async function exits(): Promise<Record<string, Set<number>>> {
    const profiles = Array.from({ length: PEOPLE }, (_, id) => ({ identifiers: { customer_id: id } }));
    const path = '/v1/journeys/spring/branch-points/fork/decide/batch?dry_run=true';
    const { decisions } = await turnout.must('POST', path, { profiles });
    const found: Record<string, Set<number>> = {};
    (decisions as { branch: string; reason: string }[]).forEach(({ branch, reason }, id) => {
      expect(reason).toBe('SPLIT');
      (found[branch] ??= new Set()).add(id);
    });
    return found;
  }

  const without = (some: Set<number> | undefined, others: Set<number> | undefined) =>
    [...(some ?? [])].filter((id) => !others?.has(id));

  it('are sticky, and a larger percentage only adds people', async () => {
    await declare({ a: 20, b: 30 });
    const first = await exits();
    expect(await exits()).toEqual(first);
    expect(Object.keys(first).sort()).toEqual(['a', 'b', 'rest']);
    await declare({ a: 60, b: 30 });
    const second = await exits();
    expect(without(first.a, second.a)).toEqual([]);
    expect(second.b).toEqual(first.b);
    expect(second.a!.size).toBeGreaterThan(first.a!.size);
    await declare({ b: 30, c: 25, a: 10 });
    const third = await exits();
    expect(third.b).toEqual(first.b);
    expect(without(third.a, second.a)).toEqual([]);
    const shown = await turnout.must('GET', '/v1/journeys/spring');
    expect(shown.branchPoints.fork.branches[0].split.arms[1]).toEqual({ key: 'c', percentage: 25 });
  });

  it('a holdout is kept out of every branch, and grows by adding people', async () => {
    await declare({ a: 50 }, { holdout: { percentage: 10 } });
    const first = await exits();
    await declare({ a: 50 }, { holdout: { percentage: 25, branch: 'kept-out' } });
    const second = await exits();
    expect(without(first.holdout, second['kept-out'])).toEqual([]);
    expect(second['kept-out']!.size).toBeGreaterThan(first.holdout!.size);
    expect(without(second.a, first.a)).toEqual([]);
  });

  it('are refused with every problem where they are wrong', async () => {
    const point = (more: object) => ({ branches: [{ key: 'x', rule: EVERYONE }], default: 'none', ...more });
    const arm = (key: string, percentage: number) => ({ key, percentage });
    const answer = await turnout.call('PUT', '/v1/journeys/spring', {
      holdout: { percentage: 0, branch: 'none' },
      branchPoints: {
        one: point({ whenStale: { limits: { shopfy: '6h', shopify: 'soon' } }, whenUnknown: { branch: 'y' } }),
        two: point({
          branches: [
            { key: 'x', rule: EVERYONE, split: { arms: [arm('a', 60), arm('a', 50)] } },
            { key: 'a', segment: 'nope', split: { arms: [arm('z', 0.00001)] } },
          ],
        }),
        three: point({
          branches: [
            { key: 'x', rule: EVERYONE, split: { arms: [arm('a', 60), arm('a', 50)] } },
            { key: 'a', segment: 'nope' },
          ],
          whenDegraded: 'guess',
        }),
        four: point({
          branches: [
            { key: 'x', rule: EVERYONE, split: { arms: [arm('a', 60), arm('a', 50)] } },
            { key: 'a', segment: 'nope' },
          ],
          whenDegraded: { branch: 'y' },
          whenStale: { limits: { shopfy: '6h' } },
        }),
        'No Key': point({}),
      },
      more: 1,
    });
    expect(answer.status).toBe(400);
    const pointers = (answer.body.errors as { pointer: string }[]).map((error) => error.pointer);
    expect(pointers.sort()).toEqual(
      [
        '/more',
        '/holdout/percentage',
        '/branchPoints/No Key',
        '/branchPoints/No Key',
        '/branchPoints/four',
        '/branchPoints/one/whenStale/limits/shopify',
        '/branchPoints/two/branches/1/split/arms/0/percentage',
        '/branchPoints/three/whenDegraded',
        '/branchPoints/four/branches/0/split/arms/1/key',
        '/branchPoints/four/branches/0/split/arms',
        '/branchPoints/four/branches/1/key',
        '/branchPoints/four/branches/1/segment',
        '/branchPoints/four/whenStale/limits/shopfy',
        '/branchPoints/four/whenDegraded/branch',
      ].sort(),
    );
  });
});
