import { plainArray, textArray } from '../platform/array-parameters.js';
import { prepared, type Transaction } from '../platform/database.js';
import type { ClaimedMessage, Settled } from './claimed-message.js';

/**
 * Notes, of the messages of one claim, which memberships were accepted, where their rows still lie as they were claimed and
 * nobody else is at them: in one statement that looks nothing up and waits for nobody. Answers what is left to be settled.
 */
export async function settleInPlace(tx: Transaction, settled: readonly Settled[]): Promise<readonly Settled[]> {
  const accepted = settled.filter(isAcceptedMembership).map((one) => one.message);
  if (accepted.length === 0) return settled;
  // Which of them were not, the rows themselves tell: whoever settled them is done with their claims.
  if ((await settleUntouched(tx, accepted)) < accepted.length) return settled;
  return settled.filter((one) => !isAcceptedMembership(one));
}

function isAcceptedMembership({ message, outcome }: Settled): boolean {
  return outcome.kind === 'accepted' && message.payload.kind === 'membership';
}

/** How many it settled. A place may hold another row by now: what lies there has to be the very row, in the claimed version. */
async function settleUntouched(tx: Transaction, accepted: readonly ClaimedMessage[]): Promise<number> {
  const [row] = await prepared<{ count: number }>(
    tx,
    'settle_outbox_in_place',
    `WITH clock AS MATERIALIZED (SELECT turnout_now() AS now), untouched AS MATERIALIZED (
       SELECT place FROM unnest($1::tid[], $2::bigint[], $3::text[]) AS told (t, p, s), LATERAL (
       SELECT ctid AS place FROM outbox
        WHERE ctid = t AND profile_id = p AND subject = s AND claim = $4 AND version = claimed_version
        LIMIT 1 FOR UPDATE SKIP LOCKED
       ) AS own
     ), settled AS (
       UPDATE outbox SET
          accepted_version = version, settled_at = clock.now, holds = (payload ->> 'isMember')::boolean,
          claim = NULL, claimed_until = NULL, claimed_version = NULL, attempts = 0, leaving = NULL, due_at = NULL,
          failed_at = NULL, failure = NULL
         FROM clock
        WHERE outbox.ctid = ANY (ARRAY(SELECT place FROM untouched))
       RETURNING 1
     )
     SELECT count(*)::integer AS count FROM settled`,
    [
      textArray(accepted.map((one) => one.place)),
      plainArray(accepted.map((one) => one.profileId)),
      textArray(accepted.map((one) => one.subject)),
      accepted[0]!.claim,
    ],
  );
  return row!.count;
}
