import { DAY, HOUR, T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { fact, take } from '../support/facts.js';
import { JourneyClient, personOf } from '../support/journey.js';
import { TestTurnout, type JsonObject } from '../support/turnout.js';

const PEOPLE = 90;
const WINDOW = 7 * DAY;
const iso = (at: number) => new Date(at).toISOString();

describe('the report of a branch point', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;
  let journey: JourneyClient;
  let tests = 0;
  /** When everybody clicked, and was decided about. */
  let start: number;
  let path: string;
  /** Who took which branch, in order. */
  let took: Record<string, number[]>;

  const atStart = () => `from=${iso(start)}&to=${iso(start + 1)}`;

  const report = (query: string, point = 'fork') => turnout.must('GET', `${path}/${point}/report?${query}`);

  const branchOf = ({ branches }: JsonObject, key: string) =>
    (branches as JsonObject[]).find(({ branch }) => branch === key)!;

  /** An order, once its instant has come. */
  async function buys(id: number, at: number, amount: string, orderId = 5_000_000 + id): Promise<void> {
    const answer = await journey.order('orders/create', id, at, { amount, orderId });
    expect(answer.status).toBe(200);
  }

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.setClock(T0);
    turnout = await TestTurnout.start(database);
    await turnout.must('PUT', '/v1/sources/shopify/history', {
      startsAt: '2020-01-01T00:00:00Z',
      eventNames: ['purchase', 'order_cancelled', 'order_refunded'],
    });
  });

  afterAll(async () => {
    await turnout.stop();
    await database.drop();
  });

  // Each test has a journey and people of its own, and a time at which nothing else happens.
  beforeEach(async () => {
    tests += 1;
    start = T0 + tests * 60 * DAY;
    await database.setClock(start);
    path = `/v1/journeys/spring-${tests}/branch-points`;
    journey = new JourneyClient(turnout, `spring-${tests}`);
    const split = { arms: [{ key: 'a', percentage: 50 }, { key: 'never', percentage: 0.001 }] }; // prettier-ignore
    const waiting = { performed: 'click', notFollowedBy: { performed: 'purchase', within: '3d' } };
    await journey.declare(
      {
        fork: {
          branches: [{ key: 'clicked', rule: { performed: 'click', within: '30d' }, split }],
          default: 'rest',
          push: false,
        },
        patient: { branches: [{ key: 'friction', rule: waiting }], default: 'rest', whenPending: 'wait', push: false },
      },
      { holdout: { percentage: 20 } },
    );
    const people = Array.from({ length: PEOPLE }, (_, index) => tests * 1_000 + index);
    const clicks = people.map((id) => fact('click', start, `customer_id=${id} email=${personOf(id).email}`));
    await take(turnout, ...clicks);
    took = {};
    const profiles = people.map((id) => ({ identifiers: { customer_id: id } }));
    const { decisions } = await turnout.must('POST', `${path}/fork/decide/batch`, { profiles });
    (decisions as { branch: string }[]).forEach(({ branch }, index) => (took[branch] ??= []).push(people[index]!));
  });

  it('counts who bought after the decision and within the window, to the millisecond, and what is left of it', async () => {
    const a = took.a!;
    await database.setClock(start + 30 * DAY);
    await buys(a[0]!, start + HOUR, '100.00');
    await journey.order('refunds/create', a[0]!, start + 20 * DAY, { amount: '30.01', orderId: 5_000_000 + a[0]! });
    await buys(a[1]!, start + 1, '50.00');
    await buys(a[2]!, start, '1000.00');
    await buys(a[3]!, start - 1, '1000.00');
    await buys(a[4]!, start + WINDOW - 1, '10.00');
    await buys(a[5]!, start + WINDOW, '1000.00');
    await buys(a[6]!, start + WINDOW + 1, '1000.00');
    await buys(a[7]!, start + HOUR, '1000.00');
    await journey.order('orders/cancelled', a[7]!, start + 9 * DAY, { placedAt: start + HOUR, amount: '1000.00' });
    await buys(a[8]!, start + HOUR, '1000.00');
    await journey.order('refunds/create', a[8]!, start + 9 * DAY, { amount: '1000.00', orderId: 5_000_000 + a[8]! });
    await buys(a[9]!, start + HOUR, '20.00');
    await buys(a[9]!, start + DAY, '5.00', 7_000_000 + tests);
    await buys(took.holdout![0]!, start + HOUR, '40.00');

    const found = await report(`${atStart()}&window=7d`);
    expect(found).toMatchObject({ profiles: PEOPLE, open: 0, unknown: 0, journeyVersions: [1], windowMs: WINDOW });
    expect(branchOf(found, 'a')).toMatchObject({
      decisions: a.length,
      profiles: a.length,
      share: a.length / PEOPLE,
      inWindow: 0,
      buyers: 4,
      conversion: { estimate: 4 / a.length },
      revenue: [{ currency: 'EUR', total: '154.99', perProfile: { estimate: 154.99 / a.length, low: null } }],
    });
    expect(branchOf(found, 'holdout')).toMatchObject({
      profiles: took.holdout!.length,
      buyers: 1,
      revenue: [{ currency: 'EUR', total: '40.00' }],
      againstHoldout: null,
    });
    expect(branchOf(found, 'clicked')).toMatchObject({
      profiles: took.clicked!.length,
      buyers: 0,
      conversion: { estimate: 0, low: 0 },
      revenue: [],
    });
    const { conversion, revenuePerProfile } = branchOf(found, 'a').againstHoldout as JsonObject;
    expect(conversion.estimate).toBeCloseTo(4 / a.length - 1 / took.holdout!.length, 12);
    expect(conversion.low).toBeLessThan(0);
    expect(conversion.high).toBeGreaterThan(conversion.estimate);
    expect(revenuePerProfile).toMatchObject([{ currency: 'EUR', difference: { low: null, high: null } }]);
    const others = PEOPLE - took.holdout!.length;
    expect(found.holdout.effect.conversion.estimate).toBeCloseTo(4 / others - 1 / took.holdout!.length, 12);
  });

  it('does not care for clicks, whoever made them', async () => {
    await database.setClock(start + DAY);
    await buys(took.a![0]!, start + HOUR, '10.00');
    const before = await report(atStart());
    for (const id of [took.a![0]!, took.clicked![0]!]) await journey.click(id, start + 2 * HOUR);
    await take(turnout, fact('email_delivered', start + 3 * HOUR, `customer_id=${took.a![1]!}`));
    expect(await report(atStart())).toEqual(before);
  });

  it('tells those whose window is not over, to the millisecond', async () => {
    await database.setClock(start + WINDOW - 1);
    expect(branchOf(await report(`${atStart()}&window=7d`), 'a')).toMatchObject({ inWindow: took.a!.length });
    await database.setClock(start + WINDOW);
    expect(branchOf(await report(`${atStart()}&window=7d`), 'a')).toMatchObject({ inWindow: 0 });
  });

  it('tells the size of the holdout and of the arms beside what was declared', async () => {
    const { holdout, splits } = await report(atStart());
    expect(holdout).toMatchObject({
      branch: 'holdout',
      arms: [{ arm: 'holdout', declared: 0.2, profiles: took.holdout!.length }],
      isAsDeclared: true,
    });
    const { low, high } = (holdout.arms as JsonObject[])[0]!.drawn as { low: number; high: number };
    expect(low < 0.2 && 0.2 < high).toBe(true);
    // Of the arm that nearly nobody falls on too few are expected to tell anything.
    expect(splits).toMatchObject([
      {
        branch: 'clicked',
        arms: [
          { arm: 'a', declared: 0.5, profiles: took.a!.length },
          { arm: 'never', declared: 0.00001, profiles: 0, drawn: { estimate: 0, low: 0 } },
        ],
        chance: null,
        isAsDeclared: null,
      },
    ]);
  });

  it('notices a holdout that is not as it was declared', async () => {
    const stray = took.holdout!.slice(0, -2);
    expect((await report(atStart())).profiles).toBe(PEOPLE); // the log is written
    await database.pool.query(
      `UPDATE decisions SET branch = 'a', matched = 'clicked' WHERE branch = 'holdout' AND profile_id IN (
         SELECT profile_id FROM identifiers WHERE kind = 'customer_id' AND value = ANY($1))`,
      [stray.map(String)],
    );
    expect((await report(atStart())).holdout).toMatchObject({ arms: [{ profiles: 2 }], isAsDeclared: false });
  });

  it('counts each profile by its first decision, and one that two turned out to be once', async () => {
    const [one, other] = [took.a![0]!, took.clicked![0]!];
    await database.setClock(start + HOUR);
    await journey.decide('fork', one);
    await journey.decide('fork', one, { journey_run_id: 'r' });
    await journey.decide('fork', one, { journey_run_id: 'r' });
    await database.setClock(start + DAY);
    await buys(one, start + 2 * HOUR, '10.00');
    await buys(other, start + 3 * HOUR, '5.00');
    const all = `from=${iso(start)}&to=${iso(start + DAY)}`;
    expect(branchOf(await report(all), 'a')).toMatchObject({
      profiles: took.a!.length,
      decisions: took.a!.length + 2,
      buyers: 1,
    });
    const ids = [one, other].map((id) => `customer_id=${id} shopify_customer_id=${9_000_000 + id}`);
    await take(turnout, fact('alias', start + DAY, ids.join(' ')));
    await turnout.settle();
    const found = await report(all);
    expect(found.profiles).toBe(PEOPLE - 1);
    expect(branchOf(found, 'a').profiles + branchOf(found, 'clicked').profiles).toBe(
      took.a!.length + took.clicked!.length - 1,
    );
    expect(branchOf(found, 'a').buyers + branchOf(found, 'clicked').buyers).toBe(1);
    const revenue = [...branchOf(found, 'a').revenue, ...branchOf(found, 'clicked').revenue] as JsonObject[];
    expect(revenue).toMatchObject([{ total: '15.00' }]);
  });

  it('leaves out who is still waiting, and counts from the instant at which the branch was told', async () => {
    const [waits, buyer] = took.a!;
    await journey.decide('patient', waits!);
    await journey.decide('patient', buyer!);
    expect((await journey.decide('patient', 777_777)).error_code).toBe('PROFILE_UNKNOWN');
    expect(await report(atStart(), 'patient')).toMatchObject({ profiles: 0, open: 2, unknown: 1, branches: [] });
    await database.setClock(start + DAY);
    // This purchase decides the branch, and so can't be what came of it.
    await buys(buyer!, start + HOUR, '10.00');
    await turnout.settle();
    const decided = await report(atStart(), 'patient');
    expect(decided).toMatchObject({ profiles: 1, open: 1, branches: [{ branch: 'rest', profiles: 1, buyers: 0 }] });
    await buys(buyer!, start + HOUR + 1, '10.00', 8_000_000 + tests);
    expect(await report(atStart(), 'patient')).toMatchObject({ branches: [{ branch: 'rest', buyers: 1 }] });
  });

  it('sees no effect where everybody does the same, whether their branch is told at once, later, or not yet', async () => {
    const everybody = Object.values(took).flat();
    const profiles = everybody.map((id) => ({ identifiers: { customer_id: id } }));
    await turnout.must('POST', `${path}/patient/decide/batch`, { profiles });
    expect((await report(atStart(), 'patient')).holdout).toMatchObject({
      arms: [{ profiles: took.holdout!.length, drawn: { estimate: took.holdout!.length / PEOPLE } }],
      isAsDeclared: true,
    });
    await database.setClock(start + 2 * HOUR);
    const last = took.a![0]!;
    for (const id of everybody.filter((one) => one !== last)) await buys(id, start + HOUR, '10.00');
    await turnout.settle();
    const seen = await report(atStart(), 'patient');
    // Who bought is told a branch by that; who is held out was told at once.
    expect(seen.open).toBe(1);
    const others = PEOPLE - took.holdout!.length;
    expect(seen.holdout.effect.conversion.estimate).toBeCloseTo(-1 / others, 12);
    await buys(last, start + 2 * HOUR, '10.00');
    expect((await report(atStart(), 'patient')).holdout.effect).toMatchObject({
      conversion: { estimate: 0 },
      revenuePerProfile: [{ currency: 'EUR', difference: { estimate: 0 } }],
    });
  });

  it('gives an interval to revenue once ten of each have bought', async () => {
    await database.setClock(start + DAY);
    const [a, held] = [took.a!.slice(0, 10), took.holdout!.slice(0, 10)];
    expect([a.length, held.length]).toEqual([10, 10]);
    for (const [index, id] of a.entries()) await buys(id, start + HOUR, `${20 + index}.00`);
    for (const [index, id] of held.slice(1).entries()) await buys(id, start + HOUR, `${5 + index}.50`);
    const difference = async () =>
      (branchOf(await report(atStart()), 'a').againstHoldout as JsonObject).revenuePerProfile[0]
        .difference as JsonObject;
    expect(await difference()).toMatchObject({ low: null, high: null });
    await buys(held[0]!, start + HOUR, '4.50');
    const { estimate, low, high } = await difference();
    expect(estimate).toBeCloseTo(245 / took.a!.length - 90 / took.holdout!.length, 10);
    expect(low < estimate && estimate < high).toBe(true);
  });

  it('does not judge draws by the present version where others drew as well', async () => {
    const clicked = { key: 'clicked', rule: { performed: 'click', within: '30d' } };
    const declare = (percentage: number) =>
      journey.declare({ fork: { branches: [clicked], default: 'rest' } }, { holdout: { percentage } });
    await declare(90);
    await database.setClock(start + 1);
    await journey.decide('fork', took.a![0]!);
    for (let version = 3; version <= 10; version++) await declare(90 - version);
    await journey.decide('fork', took.a![0]!);
    const all = await report(`from=${iso(start)}&to=${iso(start + 2)}`);
    expect(all).toMatchObject({ journeyVersions: [1, 2, 10], holdout: { chance: null, isAsDeclared: null } });
  });

  it('is empty where nothing was decided', async () => {
    expect(await report(`from=${iso(start - DAY)}&to=${iso(start)}`)).toMatchObject({
      profiles: 0,
      branches: [],
      holdout: { arms: [{ profiles: 0, drawn: null }], chance: null, effect: { conversion: null } },
    });
  });

  it('comes as CSV, a line a branch and currency', async () => {
    await database.setClock(start + DAY);
    await buys(took.a![0]!, start + HOUR, '10.00');
    const payload = { currency: 'USD', presentment_currency: 'USD' };
    await journey.order('orders/create', took.a![1]!, start + HOUR, { amount: '7.50', orderId: 9, payload });
    const response = await fetch(`${turnout.url}${path}/fork/report?${atStart()}&format=csv`, {
      headers: { authorization: turnout.authorization },
    });
    expect(response.headers.get('content-type')).toContain('text/csv');
    const [head, ...lines] = (await response.text()).trimEnd().split('\r\n');
    const rows = lines.map((line) => {
      const cells = line.split(',');
      return Object.fromEntries(head!.split(',').map((column, index) => [column, cells[index]]));
    });
    expect(rows.map(({ branch, buyers, currency, revenue }) => [branch, buyers, currency, revenue])).toEqual([
      ['a', '2', 'EUR', '10.00'],
      ['a', '2', 'USD', '7.50'],
      ['clicked', '0', '', ''],
      ['holdout', '0', '', ''],
    ]);
    expect(rows[0]).toMatchObject({ profiles: String(took.a!.length), conversion: String(2 / took.a!.length) });
  });

  it('goes on about a branch point that its journey has no more, and about a journey that was removed', async () => {
    const before = await report(atStart());
    expect(before).toMatchObject({ profiles: PEOPLE, holdout: { branch: 'holdout' }, splits: [{}] });
    await journey.declare({
      other: { branches: [{ key: 'buyer', rule: { performed: 'purchase' } }], default: 'rest' },
    });
    expect(await report(atStart())).toEqual(before);
    await turnout.call('DELETE', `/v1/journeys/spring-${tests}`);
    expect(await report(atStart())).toEqual(before);
  });

  it('says what is wrong with what it is asked', async () => {
    const asked = async (query: string, point = 'fork') => {
      const { status, body } = await turnout.call('GET', `${path}/${point}/report?${query}`);
      return [status, ((body.errors ?? []) as { pointer: string }[]).map((one) => one.pointer)];
    };
    expect(await asked(`window=soon&from=${iso(start)}&to=${iso(start)}`)).toEqual([400, ['/window', '/from']]);
    expect(await asked('window=401d')).toEqual([400, ['/window']]);
    expect(await asked(`from=${iso(start - 400 * DAY - 1)}`)).toEqual([400, ['/from']]);
    expect(await asked(`from=${iso(start - 400 * DAY)}`)).toEqual([200, []]);
    expect((await asked('', 'nope'))[0]).toBe(404);
  });
});
