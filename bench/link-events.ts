/** The last day of 400 on which things happened. */
export const NOW = '2026-11-24T00:00:00Z';
const LINKS = 2_000;

/** Links stand in one template each, with a CTA, a campaign and a utm_content of their own; half of the clicks are on a tenth. */
export function eventsSql(profiles: number, from: number, to: number): string {
  return `
    INSERT INTO events (lane, profile_id, occurred_at, id, name, source, received_at, is_time_corrected, properties)
    SELECT p % 64, p, happened, gen_random_uuid(), name, 'bench', happened, false, properties
      FROM (SELECT n, 1 + floor(random() * ${profiles})::bigint AS p,
                   timestamptz '${NOW}' - floor(random() * 400 * 86400) * interval '1 second' AS clicked,
                   CASE WHEN random() < 0.5 THEN floor(random() * ${LINKS / 10}) ELSE floor(random() * ${LINKS}) END::int AS link
              FROM generate_series(${from}, ${to}) AS n) AS made
     CROSS JOIN LATERAL (VALUES
       ('email_delivered', clicked - (1 + n % 40) * interval '37 minutes', jsonb_build_object(
         'delivery_id', 'd' || n, 'campaign_id', link % 100, 'action_id', link % 200, 'channel', 'email')),
       ('click', clicked, jsonb_build_object(
         'href', 'https://shop.example/c' || link % 50 || '?utm_content=u' || link % 500, 'utm_content', 'u' || link % 500,
         'tracked_link', 'l' || link, 'template', 't' || link % 200, 'delivery_id', 'd' || n, 'campaign_id', link % 100,
         'action_id', link % 200, 'channel', 'email')),
       ('purchase', clicked + (n % 300) * interval '1 hour', jsonb_build_object(
         'order_id', 'o' || n, 'revenue', (20 + n % 150) || '.50', 'currency', CASE n % 10 WHEN 0 THEN 'USD' ELSE 'EUR' END)))
       AS told (name, happened, properties)
     WHERE name <> 'purchase' OR n % 20 = 0`;
}
