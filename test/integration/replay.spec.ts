import { HOUR, T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { CATALOGUE, Chance, RandomLife, VERSIONS } from '../support/random-life.js';
import { TestTurnout } from '../support/turnout.js';

// More of them: REPLAY_DECISIONS=10000 REPLAY_SEED=1 in the environment.
const DECISIONS = Number(process.env.REPLAY_DECISIONS ?? 50);
const SEED = Number(process.env.REPLAY_SEED ?? 1);
const PEOPLE = 12;
const AT_ONCE = 25;

/** A journey whose branch points rest on random segments and rules. */
function randomJourney(chance: Chance): object {
  const keys = Object.keys(VERSIONS);
  const branch = (index: number): object => {
    const key = `b${index}`;
    const split = {
      arms: [
        { key: `${key}-a`, percentage: 30 },
        { key: `${key}-b`, percentage: 30 },
      ],
    };
    const condition = chance.happens(0.5)
      ? { segment: chance.of(keys) }
      : { rule: chance.of(VERSIONS[chance.of(keys)]!) };
    return { key, ...condition, ...(chance.happens(0.2) && { split }) };
  };
  const point = (): object => ({
    branches: Array.from({ length: 1 + chance.below(4) }, (_, index) => branch(index)),
    default: 'rest',
    push: false,
    whenPending: chance.of(['wait', 'wait', 'noMatch']),
    whenUnknown: chance.of(['default', 'evaluate']),
    ...(chance.happens(0.3) && {
      whenStale: { limits: { shopify: chance.of(['1h', '12h', '3d']) }, then: chance.of(['hold', 'default']) },
    }),
  });
  const branchPoints = Object.fromEntries(['p0', 'p1', 'p2', 'p3'].map((name) => [name, point()]));
  return { branchPoints, ...(chance.happens(0.5) && { holdout: { percentage: 10 } }) };
}

describe('replay', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database);
  });

  afterAll(async () => {
    await turnout.stop();
    await database.drop();
  });

  /** Changes something that is declared. */
  async function change(chance: Chance): Promise<void> {
    if (chance.happens(0.4)) await turnout.must('PUT', '/v1/journeys/random', randomJourney(chance));
    const key = chance.of(Object.keys(VERSIONS));
    if (chance.happens(0.5)) await turnout.must('PUT', `/v1/segments/${key}`, { rule: chance.of(VERSIONS[key]!) });
    const cta = chance.of(Object.keys(CATALOGUE));
    const patterns = chance.of(CATALOGUE[cta]!);
    if (patterns) await turnout.must('PUT', `/v1/ctas/${cta}`, { patterns });
  }

  it(
    `of ${DECISIONS} random decisions matches, with late events and changes of everything in between`,
    async () => {
      const chance = new Chance(SEED);
      const life = new RandomLife(chance, PEOPLE);
      for (const [key, [rule]] of Object.entries(VERSIONS)) await turnout.must('PUT', `/v1/segments/${key}`, { rule });
      await turnout.must('PUT', '/v1/journeys/random', randomJourney(chance));
      for (let asked = 0; asked < DECISIONS; asked += AT_ONCE) {
        const now = (await database.now()) + chance.below(10 * HOUR);
        await database.setClock(now);
        for (let index = 0; index < 15; index++) await turnout.send(life.webhook(now));
        if (chance.happens(0.3)) await change(chance);
        const path = `/v1/journeys/random/branch-points/${chance.of(['p0', 'p1', 'p2', 'p3'])}/decide/batch`;
        const profiles = Array.from({ length: AT_ONCE }, () => ({
          identifiers: { customer_id: chance.below(PEOPLE + 2) },
          ...(chance.happens(0.2) && { journey_run_id: `run-${chance.below(50)}` }),
        }));
        await turnout.must('POST', path, { profiles });
      }
      await turnout.settle();
      const reasons = new Map<string, number>();
      const wrong: unknown[] = [];
      let decisions = 0;
      let after: string | null = '';
      while (after !== null) {
        const page: Record<string, unknown> = await turnout.must(
          'GET',
          `/v1/decisions?limit=500${after && `&after=${after}`}`,
        );
        for (const { id, reason } of page.decisions as { id: string; reason: string }[]) {
          decisions += 1;
          reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
          const replayed = await turnout.must('POST', `/v1/decisions/${id}/replay`);
          if (replayed.matches !== true) wrong.push(replayed);
        }
        after = page.next as string | null;
      }
      process.stdout.write(
        `${JSON.stringify({ decisions, seed: SEED, reasons: Object.fromEntries(reasons), wrong: wrong.length })}\n`,
      );
      expect(wrong.slice(0, 3)).toEqual([]);
      expect(decisions).toBeGreaterThan(DECISIONS * 0.7);
      for (const reason of ['TARGETING_MATCH', 'DEFAULT']) expect(reasons.get(reason)).toBeGreaterThan(0);
    },
    DECISIONS * 500 + 400_000,
  );
});
