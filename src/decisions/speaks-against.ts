import type { Milliseconds } from '../core/instant.js';
import { PURCHASE_ENDINGS } from '../core/net-purchases.js';

/** What happened so long after a decision may still tell that a click before it was a machine's. */
const TELLING: Milliseconds = 3_600_000;

/** Columns, or what else SQL can compare with, of a decision. */
interface DecisionInSql {
  lane: string;
  profileId: string;
  /** Of an event (`seq`, `received_at`): that it came in since. */
  isNew: string;
  asOf: string;
}

/**
 * As SQL: true where events that came in since may speak against a decision, being late, or undoing purchases; else null. No
 * EXISTS: where an UPDATE has waited for the decision's row, that would ask about the one event that it had found, instead of
 * looking for another.
 */
export function maySpeakAgainst({ lane, profileId, isNew, asOf }: DecisionInSql): string {
  const undoing = PURCHASE_ENDINGS.map((name) => `'${name}'`).join(', ');
  return `(SELECT true FROM events
            WHERE events.lane = ${lane} AND events.profile_id = ${profileId} AND ${isNew}
              AND (occurred_at <= ${asOf} + interval '${TELLING} ms' OR name IN (${undoing})) LIMIT 1)`;
}
