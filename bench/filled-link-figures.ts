import type pg from 'pg';
import { CUTS, DELIVERIES, DIMENSIONS, ORIGINS, type Dimension } from '../src/link-reports/cuts.js';
import { COUNTS } from '../src/link-reports/figure.js';
import { FIGURE_TABLES } from '../src/link-reports/figure-tables.js';

const KEY = 'cut, kind, day, value, step, currency';
const MEASURES = [...COUNTS, 'revenue'];
const CLICKS_A_LINK_AND_DAY = 10;

/** As in the bench's events: links stand in one template each, with a CTA, a campaign and a utm_content of their own. */
const VALUES: Readonly<Record<Dimension, string>> = {
  cta: `'c' || link % 50`,
  link: `'l' || link`,
  template: `'t' || link % 200`,
  campaign: `'campaign_id:' || link % 100`,
  utm_content: `'u' || link % 500`,
  channel: `'email'`,
};
const MESSAGE = `${VALUES.campaign}, (link % 200)::text, 'email'`;

/** What one link adds in a day: its clicks, and in each window checkouts of 8 and purchases of 4 days in a hundred. */
const OF_A_LINK = `
  SELECT 'clicks' AS kind, 0 AS step, '' AS currency, 7 AS human, 1 AS suspect, 2 AS machine, 6 AS clickers, 5 AS week_clickers,
         4 AS month_clickers, 6 AS clicked, 0 AS conversions, 0 AS days, 0 AS lag_ms, 0 AS revenue
   UNION ALL
  SELECT goal || '.' || attribution, step, currency, 0, 0, 0, 0, 0, 0, 0, 1, 1, 3600000, revenue
    FROM (VALUES ('checkout', 0.08, '', 0), ('purchase', 0.04, 'EUR', 20.5)) AS of_goal (goal, share, currency, revenue),
         unnest(ARRAY['last', 'first', 'any']) AS attribution, generate_series(0, 7) AS step
   WHERE random() < share + 0 * link`; // of the link, so that it is drawn anew for each

/**
 * Fills the figures by SQL, as many as so many clicks in 400 days would have made, every value clicked on every day. They were
 * not counted from events, so that nothing can be compared with a recount: they show how long reports take, and nothing else.
 * Days follow each other as they would if clicks were counted as they come, their rows in no order.
 */
export async function fillFigures(client: pg.Client, clicks: number, last: string): Promise<void> {
  const links = Math.ceil(clicks / 400 / CLICKS_A_LINK_AND_DAY);
  await client.query(`SELECT setseed(0.5); SET maintenance_work_mem = '1GB'; SET work_mem = '256MB'`);
  await client.query('ALTER TABLE link_report_days DROP CONSTRAINT link_report_days_pkey'); // an index is made sooner at once
  for (let before = 399; before >= 0; before--) {
    await client.query(daySql(links, `date '${last}' - ${before}`));
    if (before % 50 === 0) console.log(`${400 - before} days filled`);
  }
  await client.query(
    `INSERT INTO link_report_days (${KEY}, clicked)
     SELECT '${ORIGINS}', 'clicks', month, ARRAY[${DIMENSIONS.map((one) => VALUES[one]).join(', ')}, ${MESSAGE}], 0, '', 6
       FROM generate_series(date_trunc('month', date '${last}' - 399), date '${last}', '1 month') AS month,
            generate_series(0, ${links - 1}) AS link`,
  );
  await client.query(`ALTER TABLE link_report_days ADD CONSTRAINT link_report_days_pkey PRIMARY KEY (${KEY})`);
  for (const period of ['week', 'month'] as const) {
    await client.query(
      `INSERT INTO ${FIGURE_TABLES[period]} (${KEY}, ${MEASURES.join(', ')})
       SELECT cut, kind, date_trunc('${period}', day::timestamp), value, step, currency,
              ${MEASURES.map((one) => `sum(${one})`).join(', ')}
         FROM link_report_days WHERE cut <> '${ORIGINS}' GROUP BY 1, 2, 3, 4, 5, 6`,
    );
  }
  await client.query(`VACUUM ANALYZE ${Object.values(FIGURE_TABLES).join(', ')}`);
  await client.query('RESET work_mem; RESET maintenance_work_mem');
}

/** Adds the figures of one day, those of its deliveries too. */
function daySql(links: number, day: string): string {
  const cuts = CUTS.map(
    ({ key, dimensions }) => `('${key}', ARRAY[${dimensions.map((one) => VALUES[one]).join(', ')}]::text[])`,
  );
  const added = MEASURES.filter((one) => one !== 'deliveries');
  return `
    INSERT INTO link_report_days (${KEY}, deliveries, ${added.join(', ')})
    SELECT * FROM (
      SELECT cut, kind, ${day}, value, step, currency, 0, ${added.map((one) => `sum(${one})`).join(', ')}
        FROM (SELECT * FROM generate_series(0, ${links - 1}) AS link CROSS JOIN LATERAL (${OF_A_LINK}) AS of_link) AS told
       CROSS JOIN LATERAL (VALUES ${cuts.join(', ')}) AS cuts (cut, value)
       GROUP BY cut, kind, value, step, currency
       UNION ALL
      SELECT '${DELIVERIES}', 'clicks', ${day}, ARRAY[${MESSAGE}], 0, '', 500, ${added.map(() => '0').join(', ')}
        FROM generate_series(0, 199) AS link
    ) AS of_day ORDER BY random()`;
}
