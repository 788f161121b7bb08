import { Injectable } from '@nestjs/common';
import { query, type Transaction } from '../platform/database.js';
import { membershipMessage, type Address, type OutboxMessage } from './outbox-message.js';

/** Who leaves a segment at a destination. */
export interface Leavers {
  destination: string;
  segmentId: string;
  addresses: readonly Address[];
}

type Owner = Pick<OutboxMessage, 'lane' | 'profileId'>;

/** What becomes of the outbox of a profile that is merged into another. */
@Injectable()
export class OutboxHandover {
  /**
   * Hands over what is owed about a merged profile: what is told once (decisions, clicks, purchases) goes to the other one, and its memberships are forgotten.
   * Returns who leaves which segments: the profile itself, under the address given, those in which a destination may hold
   * it; and until when something about it may be on its way there.
   */
  async handOver(
    tx: Transaction,
    { from, to, address }: { from: Owner; to: Owner; address: Address },
  ): Promise<{ leavers: Leavers[]; underWayUntil: Date | null }> {
    const underWayUntil = await this.underWayUntil(tx, from);
    await query(
      tx,
      `UPDATE outbox SET lane = $3, profile_id = $4 WHERE lane = $1 AND profile_id = $2 AND payload->>'kind' IN ('decision', 'click', 'conversion')`,
      [from.lane, from.profileId, to.lane, to.profileId],
    );
    const rows = await query<{ destination: string; segment_id: string; leaving: Address[] | null; may_hold: boolean }>(
      tx,
      `DELETE FROM outbox WHERE lane = $1 AND profile_id = $2
       RETURNING destination, payload->>'externalSegmentId' AS segment_id, leaving, ${MAY_HOLD} AS may_hold`,
      [from.lane, from.profileId],
    );
    const leavers = rows.map((row) => ({
      destination: row.destination,
      segmentId: row.segment_id,
      addresses: [...(row.leaving ?? []), ...(row.may_hold ? [address] : [])],
    }));
    return { leavers: leavers.filter((one) => one.addresses.length > 0), underWayUntil };
  }

  /** The segments in which a destination may hold a profile, which leaves them under an address that it had. */
  async held(tx: Transaction, { lane, profileId }: Owner, address: Address): Promise<Leavers[]> {
    const rows = await query<{ destination: string; segment_id: string }>(
      tx,
      `SELECT destination, payload->>'externalSegmentId' AS segment_id FROM outbox
        WHERE lane = $1 AND profile_id = $2 AND payload->>'kind' = 'membership' AND ${MAY_HOLD}`,
      [lane, profileId],
    );
    return rows.map((row) => ({ destination: row.destination, segmentId: row.segment_id, addresses: [address] }));
  }

  /**
   * Owes that others leave segments, before the profile's own state there is stated again, whatever that is. Not before
   * what is on its way has arrived.
   */
  async leave(tx: Transaction, owner: Owner, leavers: readonly Leavers[], notBefore: Date | null): Promise<void> {
    if (leavers.length === 0) return;
    const messages = leavers.map((one) => membershipMessage(owner, one, false));
    await query(
      tx,
      `INSERT INTO outbox AS known (lane, profile_id, destination, subject, version, payload, leaving, due_at)
       SELECT $1, $2, destination, subject, 1, payload, leaving, greatest(turnout_now(), $7)
         FROM unnest($3::text[], $4::text[], $5::jsonb[], $6::jsonb[]) AS new (destination, subject, payload, leaving)
        ORDER BY destination, subject
       ON CONFLICT (lane, profile_id, destination, subject) DO UPDATE
          SET version = known.version + 1, leaving = coalesce(known.leaving, '[]') || excluded.leaving,
              due_at = greatest(known.due_at, excluded.due_at), holds = NULL, priority = 0,
              attempts = 0, failed_at = NULL, failure = NULL`,
      [
        owner.lane,
        owner.profileId,
        messages.map((one) => one.destination),
        messages.map((one) => one.subject),
        messages.map((one) => JSON.stringify(one.payload)),
        leavers.map((one) => JSON.stringify(one.addresses)),
        notBefore,
      ],
    );
  }

  /**
   * Until when something about a profile may be on its way to a destination; null when nothing is. Nothing more is sent
   * before the transaction ends: the rows are held, and whoever claims passes over them.
   */
  async underWayUntil(tx: Transaction, { lane, profileId }: Owner): Promise<Date | null> {
    const [row] = await query<{ until: Date | null }>(
      tx,
      `SELECT max(claimed_until) AS until FROM (
         SELECT claimed_until FROM outbox WHERE lane = $1 AND profile_id = $2
          ORDER BY destination, subject FOR UPDATE) AS held`,
      [lane, profileId],
    );
    return row!.until;
  }
}

const MAY_HOLD = `(holds IS DISTINCT FROM false OR claim IS NOT NULL)`;
