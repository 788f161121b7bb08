import { DataSource } from 'typeorm';
import { AddUpLinkReportsByPeriod1764000260000 } from '../../migrations/1764000260000-add-up-link-reports-by-period.js';
import { ShareLinkReportsByMonth1764000310000 } from '../../migrations/1764000310000-share-link-reports-by-month.js';
import { Cleaner } from '../../src/retention/cleaner.js';
import { DAY, HOUR, RETENTION, T0 } from '../support/builders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { fact, take } from '../support/facts.js';
import { counted, keptFigures, recountedFigures } from '../support/link-figures.js';
import { Chance } from '../support/random-life.js';
import { TestTurnout } from '../support/turnout.js';

// More by command: PROPERTY_RUNS=50 PROPERTY_SEED=1
const RUNS = Number(process.env.PROPERTY_RUNS ?? 2);
const SEED = Number(process.env.PROPERTY_SEED ?? 20261128);
const PEOPLE = 8;

describe('the figures of links', () => {
  let database: TestDatabase;
  let turnout: TestTurnout;

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.setClock(T0 + 40 * DAY);
    turnout = await TestTurnout.start(database);
  });

  afterAll(async () => {
    await turnout.stop();
    await database.drop();
  });

  async function expectExact(): Promise<string[]> {
    await counted(turnout, database);
    const kept = await keptFigures(database);
    expect(kept).toEqual(await recountedFigures(turnout, database));
    return kept;
  }

  /** Something that happens to one of the people of a run, known by one of two ids. */
  function happening(chance: Chance, run: number, index: number) {
    const person = chance.below(PEOPLE);
    const at = T0 + chance.below(40 * 24) * HOUR;
    const who = chance.happens(0.5) ? `customer_id=r${run}-${person}` : `anonymous_id=r${run}-${person}`;
    const order = `${run}-${person}-${chance.below(3)}`;
    const message = {
      campaign_id: chance.below(3),
      action_id: chance.below(2),
      delivery_id: `d${person}-${chance.below(4)}`,
    };
    const link = `https://shop.example/${chance.of(['cart', 'more'])}?utm_content=${chance.of(['a', 'b'])}`;
    const says: Record<string, Record<string, unknown>> = {
      click: { href: link, channel: 'email', utm_content: link.slice(-1), ...message },
      email_delivered: { channel: 'email', ...message },
      checkout_started: {},
      purchase: {
        order_id: order,
        revenue: `${chance.below(90)}.${10 + chance.below(90)}`,
        currency: chance.of(['EUR', 'USD']),
      },
      order_refunded: { order_id: order, amount: '7.10' },
      order_cancelled: { order_id: order },
    };
    const name = chance.of(['click', 'click', 'click', ...Object.keys(says)]);
    return fact(name, at, who, says[name], `r${run}-${index}`);
  }

  it('are what a full recount says, whatever comes in any order, is merged, seen otherwise or erased', async () => {
    for (let run = 0; run < RUNS; run++) {
      const chance = new Chance(SEED + run);
      const all = Array.from({ length: 120 }, (_, index) => happening(chance, run, index));
      const inDisorder = chance.shuffled([...all, ...all.filter(() => chance.happens(0.1))]);
      const pieces = [0, 1, 2, 3].map((piece) => inDisorder.filter((_, index) => index % 4 === piece));
      await take(turnout, ...pieces[0]!);
      await expectExact();
      await Promise.all([take(turnout, ...pieces[1]!), putCta('cart', chance.of(['/cart', '/more']))]);
      await take(turnout, ...pieces[2]!);
      const both = [0, 1, 2].map((n) =>
        fact('identify', T0 + DAY, `customer_id=r${run}-${n} anonymous_id=r${run}-${n}`),
      );
      await Promise.all([take(turnout, ...both), take(turnout, ...pieces[3]!)]);
      await expectExact();
      await turnout.must('PUT', '/v1/click-classes/settings', {
        machineAfterDelivery: chance.of(['2s', '30m', '0s']),
        suspectAfterDelivery: '1h',
      });
      await putCta('cart', '/cart');
      await turnout.must('DELETE', `/v1/profiles/customer_id:r${run}-0`);
      await expectExact();
    }
  });

  it('are the same by week and month when they are added up from those by day, as they were at first', async () => {
    const kept = await expectExact();
    const migration = new AddUpLinkReportsByPeriod1764000260000();
    await turnout.app.get(DataSource).transaction(async ({ queryRunner }) => {
      await migration.down(queryRunner!);
      await migration.up(queryRunner!);
    });
    expect(await keptFigures(database)).toEqual(kept);
    await take(turnout, fact('click', T0 + 39 * DAY, 'customer_id=late'));
    await expectExact();
  });

  it('are the same when shares are told apart by month, as they were not at first, and everybody is counted again', async () => {
    const kept = await expectExact();
    const migration = new ShareLinkReportsByMonth1764000310000();
    await turnout.app.get(DataSource).transaction(async ({ queryRunner }) => {
      await migration.down(queryRunner!);
      await migration.up(queryRunner!);
    });
    await database.pool.query('UPDATE profiles SET is_link_report_due = true');
    expect(await expectExact()).toEqual(kept);
  });

  it('are written anew for the months alone in which they change', async () => {
    const clicks = [-10, 0, 20, 32].map((days) => fact('click', T0 + days * DAY, 'customer_id=steady'));
    await take(turnout, ...clicks, fact('purchase', T0 + 21 * DAY, 'customer_id=steady', { order_id: 'steady' }));
    await expectExact();
    const before = await sharesOf('steady');
    expect([...before.keys()]).toEqual(['2026-02', '2026-03', '2026-04']);
    await take(turnout, fact('click', T0 + 33 * DAY, 'customer_id=steady'));
    await expectExact();
    const after = await sharesOf('steady');
    expect([...after].filter(([month, state]) => before.get(month) !== state)).toEqual([
      ['2026-04', expect.anything()],
    ]);
  });

  it('count somebody again to whom something happened while they were counted', async () => {
    const click = (day: number) => take(turnout, fact('click', T0 + day * DAY, 'customer_id=busy'));
    await click(0);
    await expectExact();
    const holder = await database.pool.connect();
    await holder.query('BEGIN');
    await holder.query(
      `SELECT FROM link_report_month_shares JOIN identifiers USING (profile_id) WHERE value = 'busy'
          FOR UPDATE OF link_report_month_shares`,
    );
    await click(1);
    await database.untilWaiting(1); // they have been read, and are about to be written
    await click(2);
    await holder.query('COMMIT');
    holder.release();
    await expectExact();
  });

  /** The state of each row of somebody's shares, by month. */
  async function sharesOf(customer: string): Promise<Map<string, string>> {
    const { rows } = await database.pool.query<{ month: string; state: string }>(
      `SELECT to_char(month, 'YYYY-MM') AS month, link_report_month_shares.xmin::text AS state
         FROM link_report_month_shares JOIN identifiers USING (profile_id) WHERE value = $1 ORDER BY month`,
      [customer],
    );
    return new Map(rows.map(({ month, state }) => [month, state]));
  }

  it('forget what is past its time', async () => {
    await take(
      turnout,
      fact('click', T0 + 39 * DAY, 'customer_id=old'),
      fact('purchase', T0 + 40 * DAY, 'customer_id=old'),
    );
    expect((await expectExact()).length).toBeGreaterThan(0);
    await database.setClock(T0 + RETENTION + 41 * DAY + 12 * HOUR);
    await turnout.settle();
    while ((await turnout.app.get(Cleaner).step()) !== undefined);
    expect(await expectExact()).toEqual([]);
  });

  const putCta = (key: string, path: string) =>
    turnout.must('PUT', `/v1/ctas/${key}`, { kind: key, patterns: [{ host: 'shop.example', path }] });
});
