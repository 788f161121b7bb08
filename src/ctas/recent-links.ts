import type { Instant } from '../core/instant.js';
import { query, type Transaction } from '../platform/database.js';

/** So many clicks are looked at, the newest, so that the answer comes soon on any base. */
export const MOST_RECENT_CLICKS = 50_000;

/** A link of the newest clicks, once for each message that it stood in; with the properties that patterns ask of. */
export interface RecentLink {
  href: string | null;
  clicks: number;
  last_at: Date;
  [name: string]: unknown;
}

/** Of clicks in `(since, until]`; only links that so many profiles clicked, whatever messages these stood in. */
export function recentLinks(
  tx: Transaction,
  { since, until, fewestProfiles = 1 }: { since: Instant; until: Instant; fewestProfiles?: number },
): Promise<RecentLink[]> {
  return query<RecentLink>(
    tx,
    `WITH recent AS MATERIALIZED (
       SELECT profile_id, occurred_at, properties FROM events
        WHERE name = 'click' AND occurred_at > $1 AND occurred_at <= $2
        ORDER BY occurred_at DESC, id DESC LIMIT $3)
     SELECT properties->>'href' AS href, properties->>'campaign_id' AS campaign_id,
            properties->>'broadcast_id' AS broadcast_id, properties->>'newsletter_id' AS newsletter_id,
            properties->>'transactional_message_id' AS transactional_message_id,
            properties->>'action_id' AS action_id, properties->>'link_id' AS link_id,
            properties->>'link_tag' AS link_tag, count(*)::int AS clicks, max(occurred_at) AS last_at
       FROM recent
      WHERE $4 <= 1 OR properties->>'href' IN (
            SELECT properties->>'href' FROM recent GROUP BY 1 HAVING count(DISTINCT profile_id) >= $4)
      GROUP BY 1, 2, 3, 4, 5, 6, 7, 8`,
    [new Date(since), new Date(until), MOST_RECENT_CLICKS, fewestProfiles],
  );
}
