import type { DataSource } from 'typeorm';
import { ClickClassStore } from '../../src/ctas/click-class-store.js';
import { CtaStore } from '../../src/ctas/cta-store.js';
import { ReclassificationStore } from '../../src/ctas/reclassification-store.js';
import { createDataSource } from '../../src/data-source.js';
import { CUTS } from '../../src/link-reports/cuts.js';
import { FigureKeeper } from '../../src/link-reports/figure-keeper.js';
import { ReportQuery, reportSql, type CountedRow } from '../../src/link-reports/report-query.js';
import { questionOf, type Period } from '../../src/link-reports/report-question.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

const FROM = '2026-01-05';
const DAYS = 140;

describe('long reports on links, which are read some periods at a time', () => {
  let database: TestDatabase;
  let source: DataSource;

  beforeAll(async () => {
    database = await createTestDatabase();
    source = await createDataSource(database.url, 2).initialize();
    // Each CTA on every third day, those behind the 20th in February alone: some periods have more rows than are read at once.
    await database.pool.query(
      `INSERT INTO link_report_changes (cut, kind, day, value, step, currency, human, clickers, week_clickers, month_clickers)
       SELECT 'cta', 'clicks', day, ARRAY['c' || n], 0, '', 1 + (n * 7 + ordinality) % 50, 1, 1, 1
         FROM generate_series(1, 1500) AS n,
              generate_series('${FROM}'::date, '${FROM}'::date + ${DAYS - 1}, '1 day') WITH ORDINALITY AS every (day)
        WHERE (n + ordinality) % 3 = 0 AND (n <= 20 OR date_part('month', day) = 2)`,
    );
    // Each CTA stands in a message of its own, of which it was clicked in January alone, and which was delivered in April, too.
    await database.pool.query(
      `INSERT INTO link_report_changes (cut, kind, day, value, step, currency, clicked)
       SELECT 'origins', 'clicks', '2026-01-01', ARRAY['c' || n, NULL, NULL, NULL, NULL, NULL, 'm' || n, '1', 'email'], 0, '', 1
         FROM generate_series(1, 20) AS n`,
    );
    await database.pool.query(
      `INSERT INTO link_report_changes (cut, kind, day, value, step, currency, deliveries)
       SELECT 'deliveries', 'clicks', '2026-04-02', ARRAY['m' || n, '1', 'email'], 0, '', 100 + n FROM generate_series(1, 20) AS n`,
    );
    const reclassifications = new ReclassificationStore();
    const ctas = new CtaStore(new ClickClassStore(reclassifications), reclassifications);
    while (await new FigureKeeper(source, ctas, { afterCount: () => Promise.resolve() }).fold());
  });

  afterAll(async () => {
    await source.destroy();
    await database.drop();
  });

  async function report(by: string, period: Period, to: string): Promise<CountedRow[]> {
    const asked = { by, period, from: period === 'month' ? '2026-01-01' : FROM, to, window: '7d', attribution: 'last' };
    const rows: CountedRow[] = [];
    for await (const row of new ReportQuery(source).rows(questionOf({ ...asked, attribution: 'last' }, 0)))
      rows.push(row);
    return rows;
  }

  /** Straight from what was put in. */
  async function expected(period: Period, to: string) {
    const { rows } = await database.pool.query<{ period: string; value: string[]; human: string }>(
      `SELECT date_trunc('${period}', day::timestamp)::date::text AS period, value, sum(human)::text AS human
         FROM link_report_days WHERE cut = 'cta' AND day < $1 GROUP BY 1, 2 ORDER BY 1, sum(human) DESC, 2`,
      [to],
    );
    return rows;
  }

  it.each([
    ['day', '2026-05-25'],
    ['week', '2026-05-25'],
    ['month', '2026-06-01'],
  ] as const)('have each %s once, in order, the most clicked first', async (period, to) => {
    const rows = await report('cta', period, to);
    const clicked = rows.filter(({ human }) => human !== '0');
    expect(clicked.map(({ period, value, human }) => ({ period, value, human }))).toEqual(await expected(period, to));
    expect(clicked.length).toBeGreaterThan(1_500);
    expect(rows.map((row) => row.period)).toEqual(rows.map((row) => row.period).sort());
  });

  it('know in every period the messages in which something was clicked in another', async () => {
    const delivered = (await report('cta', 'day', '2026-05-25')).filter(({ deliveries }) => deliveries !== null);
    const shown = delivered.map(({ period, value, deliveries }) => `${period} ${value[0]} ${deliveries}`).sort();
    expect(shown).toEqual(Array.from({ length: 20 }, (_, n) => `2026-04-02 c${n + 1} ${101 + n}`).sort());
  });

  it('find one value without looking at the others', async () => {
    const asked = { by: 'cta', cta: 'c7', period: 'week', from: FROM, to: '2026-05-25', window: '7d' } as const;
    const question = questionOf({ ...asked, attribution: 'last' }, 0);
    const { sql, parameters } = reportSql(question, question);
    const client = await database.pool.connect();
    await client.query('SET enable_seqscan = off'); // as where there are many
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN (ANALYZE) ${sql}`, parameters);
    client.release(true);
    const passedOver = rows.flatMap((row) => /Rows Removed by Filter: (\d+)/.exec(row['QUERY PLAN'])?.[1] ?? []);
    // Nothing but some of the few messages in which others stood.
    expect(passedOver.reduce((sum, some) => sum + Number(some), 0)).toBeLessThan(20);

    const found: CountedRow[] = [];
    for await (const row of new ReportQuery(source).rows(question)) found.push(row);
    const all = await report('cta', 'week', '2026-05-25');
    expect(found).toEqual(all.filter(({ value }) => value[0] === 'c7'));
    expect(found.filter(({ deliveries }) => deliveries !== null)).toHaveLength(1);
  });

  it.each(CUTS.map(({ key }) => key))('count each delivery once by %s', async (by) => {
    const rows = await report(by, 'week', '2026-05-25');
    const inAll = rows.reduce((sum, { deliveries }) => sum + Number(deliveries ?? 0), 0);
    expect(inAll).toBe(20 * 100 + 210);
  });

  it('by week and by month read no figures of days', async () => {
    const all = async () => [
      await report('cta', 'week', '2026-05-25'),
      await report('cta', 'month', '2026-06-01'),
      await report('channel', 'month', '2026-06-01'),
    ];
    const before = await all();
    await database.pool.query(`DELETE FROM link_report_days WHERE cut <> 'origins'`);
    expect(await all()).toEqual(before);
    expect(before.every((rows) => rows.length > 0)).toBe(true);
  });
});
