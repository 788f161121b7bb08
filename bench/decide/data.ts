import type { Client } from 'pg';
import { laneOfText } from '../../src/platform/lanes.js';
import { identifierKey } from '../../src/profiles/identifier.js';
import { putToRest } from '../programs.js';

const AT_ONCE = 50_000;

/** So many profiles with so many events of the last 120 days, made in the database; deliveries have ids of their own. */
export async function fill(client: Client, { profiles, events }: { profiles: number; events: number }): Promise<void> {
  await client.query(`SELECT setseed(0.5)`);
  await client.query(`INSERT INTO profiles (lane, id, created_at, evaluated_at)
    SELECT n % 64, n, now(), now() FROM generate_series(1, ${profiles}) AS n`);
  await client.query(`SELECT setval('profile_ids', ${profiles})`);
  for (let from = 1; from <= profiles; from += AT_ONCE) {
    const numbers = Array.from({ length: Math.min(AT_ONCE, profiles - from + 1) }, (_, n) => from + n);
    const lanes = numbers.map((n) => laneOfText(identifierKey({ kind: 'customer_id', value: String(n) })));
    await client.query(
      `INSERT INTO identifiers (lane, kind, value, profile_lane, profile_id, created_at)
       SELECT lane, 'customer_id', n::text, n % 64, n, now() FROM unnest($1::smallint[], $2::bigint[]) AS one (lane, n)`,
      [lanes, numbers],
    );
  }
  await client.query(`
    INSERT INTO events (lane, profile_id, occurred_at, id, name, source, received_at, is_time_corrected, properties)
    SELECT p % 64, p, at, gen_random_uuid(), name, 'customerio', at, false, CASE name
             WHEN 'click' THEN jsonb_build_object('href', 'https://shop.example/' ||
               (ARRAY['cart', 'refill/beans', 'product', 'guide'])[1 + (r * 97)::int % 4], 'campaign_id', (r * 1000)::int % 20,
               'delivery_id', 'd' || n, 'channel', 'email')
             WHEN 'email_delivered' THEN jsonb_build_object('campaign_id', (r * 1000)::int % 20, 'delivery_id', 'e' || n)
             ELSE jsonb_build_object('order_id', p || '-' || n, 'revenue', (20 + (r * 1000)::int % 150)::text || '.00',
               'currency', 'EUR') END
      FROM (SELECT n, 1 + floor(random() * ${profiles})::bigint AS p, random() AS r,
                   date_trunc('second', now()) - floor(random() * 120 * 86400) * interval '1 second' AS at,
                   (ARRAY['click', 'click', 'click', 'click', 'click', 'email_delivered', 'email_delivered',
                          'email_delivered', 'purchase', 'purchase'])[1 + floor(random() * 10)::int] AS name
              FROM generate_series(1, ${events}) AS n) AS made ORDER BY p % 64, p, at`);
  await putToRest(client);
}

/** Since when events are known: before anything is declared, since it is read with that. */
export async function tellStarts(client: Client): Promise<void> {
  await client.query(
    `INSERT INTO event_histories (event_name, source, starts_at)
     SELECT name, 'customerio', '1970-01-01'
       FROM unnest(ARRAY['click', 'email_delivered', 'purchase', 'order_cancelled', 'order_refunded']) AS name`,
  );
}

/** A journey's fork as marketers draw it: rules of the cookbook about a campaign of its own. */
export function journeyOf(n: number): object {
  const campaign = { campaign_id: n % 20 };
  const branches = [
    { key: 'bought', rule: { performed: 'purchase', within: `${1 + (n % 3)}d` } },
    {
      key: 'abandoned',
      rule: {
        performed: 'click',
        where: { cta: 'cart' },
        within: '7d',
        notFollowedBy: { performed: 'purchase', within: '3d' },
      },
    },
    { key: 'refill', rule: { performed: 'click', where: { cta: 'replenish' }, within: '10d' } },
    {
      key: 'ignored',
      rule: {
        all: [
          { performed: 'email_delivered', where: campaign, within: '14d' },
          { not: { performed: 'click', where: campaign, within: '14d' } },
        ],
      },
    },
    { key: 'lapsed', rule: { performed: 'purchase', count: { exactly: 0 }, within: '90d' } },
  ];
  return { branchPoints: { fork: { branches, default: 'rest', push: false } } };
}
