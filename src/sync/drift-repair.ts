import { Injectable } from '@nestjs/common';
import { lockOutbox } from '../outbox/lock-outbox.js';
import { segmentSubject } from '../outbox/outbox-message.js';
import { query, type Transaction } from '../platform/database.js';
import { AccountStore } from './account-store.js';
import type { Discrepancy, DriftCause } from './drift-cause.js';
import type { ClaimedRun } from './reconciliation-store.js';

interface Counted {
  cause: DriftCause;
  profiles: number;
}

/**
 * Compares whom a destination was found to hold with what it was told, tells why they differ, and makes what would mend it
 * due. All of it in SQL, and counted there, so that memory stays flat. What was on its way during the reading is left alone.
 */
@Injectable()
export class DriftRepair {
  constructor(private readonly accounts: AccountStore) {}

  /** `run` has noted its members. */
  async repair(tx: Transaction, run: ClaimedRun): Promise<Discrepancy[]> {
    const since = await this.accounts.since(tx, run.destination);
    const about = [run.destination, segmentSubject(run.externalSegmentId), run.id, run.startedAt];
    await lockOutbox(tx, `destination = $1 AND subject = $2 AND ${AT_REST} AND ${IS_TOUCHED}`, about);
    await this.forgetMended(tx, about);
    const open = await this.countOpen(tx, about);
    const missing = await this.repairMissing(tx, [...about, since]);
    const extra = await this.repairExtra(tx, [...about, since, extraPayload(run)]);
    return [
      ...open,
      ...missing.map((one) => ({ ...one, side: 'missing' as const, isRepaired: true })),
      ...extra.map((one) => ({ ...one, side: 'extra' as const, isRepaired: true })),
    ];
  }

  /** What was repaired and is now as it should be is forgotten. */
  private async forgetMended(tx: Transaction, about: readonly unknown[]): Promise<void> {
    await query(
      tx,
      `UPDATE outbox SET repairs = 0
        WHERE destination = $1 AND subject = $2 AND repairs > 0 AND ${AT_REST} AND (payload ->> 'isMember')::boolean = ${IS_HELD}`,
      [...about],
    );
  }

  /** What differs because the last word about it was not sent yet, or was refused. */
  private async countOpen(tx: Transaction, about: readonly unknown[]): Promise<Discrepancy[]> {
    const rows = await query<Counted & Pick<Discrepancy, 'side'>>(
      tx,
      `SELECT CASE WHEN (payload ->> 'isMember')::boolean THEN 'missing' ELSE 'extra' END AS side,
              CASE WHEN failed_at IS NULL THEN 'waiting' ELSE 'refused' END AS cause, count(*)::integer AS profiles
         FROM outbox
        WHERE destination = $1 AND subject = $2 AND (due_at IS NOT NULL OR claim IS NOT NULL OR failed_at IS NOT NULL)
          AND (settled_at IS NULL OR settled_at <= $4) AND (payload ->> 'isMember')::boolean <> ${IS_HELD}
        GROUP BY 1, 2 ORDER BY 1, 2`,
      [...about],
    );
    return rows.map((one) => ({ ...one, isRepaired: false }));
  }

  private repairMissing(tx: Transaction, about: readonly unknown[]): Promise<Counted[]> {
    return query<Counted>(
      tx,
      `WITH repaired AS (
         UPDATE outbox SET holds = false, ${DUE_AGAIN}
          WHERE destination = $1 AND subject = $2 AND (payload ->> 'isMember')::boolean AND ${AT_REST} AND NOT ${IS_HELD}
         RETURNING ${causeOr('removed_there')} AS cause
       )
       SELECT cause, count(*)::integer AS profiles FROM repaired GROUP BY cause ORDER BY cause`,
      [...about],
    );
  }

  private repairExtra(tx: Transaction, about: readonly unknown[]): Promise<Counted[]> {
    return query<Counted>(
      tx,
      `WITH found AS MATERIALIZED (
         SELECT lane, profile_id FROM reconciliation_members AS held
          WHERE run_id = $3 AND NOT EXISTS (
                SELECT FROM outbox WHERE outbox.lane = held.lane AND outbox.profile_id = held.profile_id
                   AND destination = $1 AND subject = $2 AND (payload ->> 'isMember')::boolean)
          ORDER BY lane, profile_id
       ), living AS MATERIALIZED (
         -- Whoever was merged or erased since they were looked up is owed nothing, and nobody is before the transaction ends.
         SELECT own.* FROM found, LATERAL (
           SELECT lane, id AS profile_id FROM profiles
            WHERE lane = found.lane AND id = found.profile_id AND ended_at IS NULL LIMIT 1 FOR KEY SHARE) AS own
       ), repaired AS (
         INSERT INTO outbox (lane, profile_id, destination, subject, version, payload, due_at, priority, holds, repairs)
         SELECT lane, profile_id, $1, $2, 1, $6::jsonb, turnout_now(), 1, true, 1 FROM living
         ON CONFLICT (lane, profile_id, destination, subject) DO UPDATE SET holds = true, ${DUE_AGAIN}
          WHERE NOT (outbox.payload ->> 'isMember')::boolean AND ${AT_REST}
         RETURNING ${causeOr('added_there')} AS cause
       )
       SELECT cause, count(*)::integer AS profiles FROM repaired GROUP BY cause ORDER BY cause`,
      [...about],
    );
  }
}

function extraPayload({ externalSegmentId }: ClaimedRun): string {
  return JSON.stringify({ kind: 'membership', externalSegmentId, isMember: false });
}

/** Of which the destination had accepted the last word before the reading began. */
const AT_REST = `outbox.due_at IS NULL AND outbox.claim IS NULL AND outbox.failed_at IS NULL
  AND (outbox.settled_at IS NULL OR outbox.settled_at <= $4)`;

const IS_HELD = `EXISTS (SELECT FROM reconciliation_members AS held
  WHERE run_id = $3 AND held.lane = outbox.lane AND held.profile_id = outbox.profile_id)`;

/** Of what is at rest, what {@link DriftRepair.repair} changes. */
const IS_TOUCHED = `((payload ->> 'isMember')::boolean <> ${IS_HELD} OR repairs > 0)`;

/** How often in a row it had to be repaired is kept: an ever larger number would say nothing more. */
const DUE_AGAIN = `due_at = turnout_now(), priority = 1, attempts = 0, repairs = least(outbox.repairs + 1, 100)`;

/** Of what was not told to anybody ever, nothing happened after it was told. */
function causeOr(cause: DriftCause): string {
  return `CASE WHEN outbox.settled_at < $5::timestamptz THEN 'account_changed'
               WHEN EXISTS (SELECT FROM profiles AS gone
                             WHERE gone.merged_into = outbox.profile_id AND gone.ended_at >= outbox.settled_at) THEN 'merged'
               WHEN outbox.repairs > 1 THEN 'not_kept' ELSE '${cause}' END`;
}
