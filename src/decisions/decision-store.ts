import { Injectable } from '@nestjs/common';
import type { Instant, Milliseconds } from '../core/instant.js';
import { prepared, query, type Transaction } from '../platform/database.js';
import { instantArray, jsonArray, jsonArrayIn, plainArray, textArray } from '../platform/array-parameters.js';
import { laneOfProfile } from '../platform/lanes.js';
import { lanesWith } from '../platform/lanes-with.js';
import { dateOrNull, decisionOf, laneOf, ROW, type DecisionRow } from './decision-row.js';
import { isOpen, type Decision } from './decision.js';
import { maySpeakAgainst } from './speaks-against.js';

/** An open decision taken for settling. */
export type DueDecision = Decision & { profileId: number };

/** So long before a decision is asked something may have come in that its snapshot does not show yet. */
const LONGEST_COMMIT_MS: Milliseconds = 5_000;

/** The log of decisions. */
@Injectable()
export class DecisionStore {
  /**
   * Writes decisions. One that is open is due at once: what came in while it was made is seen by the first look at it,
   * and whatever comes later makes it due again. One that is not is to be reviewed at once, where what came in meanwhile may
   * speak against it: it was not there yet to be marked. Returns the ids of those that were not written before: whoever heard
   * nothing of a commit writes them again.
   */
  async append(tx: Transaction, decisions: readonly Decision[]): Promise<ReadonlySet<string>> {
    if (decisions.length === 0) return new Set();
    const numbers = (read: (one: Decision) => number | null): string => plainArray(decisions.map(read));
    const texts = (read: (one: Decision) => string | null): string => textArray(decisions.map(read));
    const instants = (read: (one: Decision) => Instant | null) => instantArray(decisions.map(read));
    const rows = await prepared<{ id: string }>(tx, 'append_decisions', APPEND, [
      numbers(laneOf),
      texts((one) => one.id),
      numbers((one) => one.profileId),
      texts((one) => one.journey),
      numbers((one) => one.journeyVersion),
      texts((one) => one.branchPoint),
      texts((one) => one.branch),
      texts((one) => one.matched),
      texts((one) => one.reason),
      texts((one) => one.errorCode),
      texts((one) => one.runKey),
      instants((one) => one.askedAt),
      instants((one) => one.asOf),
      instants((one) => one.settlesAt),
      instants((one) => one.changesAt),
      numbers((one) => one.revision),
      numbers((one) => one.knownSeq),
      texts((one) => one.rulesDigest),
      texts((one) => one.factsDigest),
      texts((one) => (one.freshness.length > 0 ? JSON.stringify(one.freshness) : null)),
      jsonArray(decisions.map((one) => one.because)),
      instants((one) => (isOpen(one) ? one.asOf : null)),
      texts((one) => one.stranger),
      numbers((one) => one.judgedAs),
    ]);
    return new Set(rows.map((row) => row.id));
  }

  async find(tx: Transaction, id: string): Promise<Decision | undefined> {
    return (await this.findAll(tx, [id])).get(id);
  }

  async findAll(tx: Transaction, ids: readonly string[]): Promise<Map<string, Decision>> {
    if (ids.length === 0) return new Map();
    const sql = `SELECT ${ROW} FROM decisions WHERE id = ANY($1::text[])`;
    const rows = await prepared<DecisionRow>(tx, 'find_decisions', sql, [ids]);
    return new Map(rows.map((row) => [row.id, decisionOf(row)]));
  }

  /** Digests of the rules by which open decisions will be settled. */
  async openRules(tx: Transaction): Promise<string[]> {
    const rows = await query<{ digest: string }>(
      tx,
      'SELECT DISTINCT rules_digest AS digest FROM decisions WHERE due_at IS NOT NULL AND rules_digest IS NOT NULL',
    );
    return rows.map((row) => row.digest);
  }

  /** Lanes in which an open decision is due. */
  async dueLanes(tx: Transaction, at: Instant): Promise<number[]> {
    const probe = 'SELECT FROM decisions WHERE decisions.lane = lanes.lane AND due_at <= $1';
    return lanesWith(tx, 'due_decision_lanes', probe, [new Date(at)]);
  }

  /** Takes due open decisions of a lane for the rest of the transaction, in one order; others' are passed over. */
  async claimDue(tx: Transaction, lane: number, at: Instant, most: number): Promise<DueDecision[]> {
    const rows = await query<DecisionRow>(
      tx,
      `SELECT ${ROW} FROM decisions
        WHERE lane = $1 AND due_at <= $2 ORDER BY due_at, id LIMIT $3 FOR UPDATE SKIP LOCKED`,
      [lane, new Date(at), most],
    );
    return rows.map(decisionOf) as DueDecision[];
  }

  /** Takes a decision if it is open, whoever else is at it: waits for these. */
  async claim(tx: Transaction, id: string): Promise<DueDecision[]> {
    const rows = await query<DecisionRow>(
      tx,
      `SELECT ${ROW} FROM decisions WHERE id = $1 AND due_at IS NOT NULL FOR UPDATE`,
      [id],
    );
    return rows.map(decisionOf) as DueDecision[];
  }

  /** Writes how claimed decisions stand now, and when the open ones among them are due again. */
  async rewrite(tx: Transaction, decisions: readonly { decision: Decision; dueAt: Instant | null }[]): Promise<void> {
    const column = <T>(read: (one: Decision) => T): T[] => decisions.map(({ decision }) => read(decision));
    await query(tx, REWRITE, [
      column(laneOf),
      column((one) => one.id),
      column((one) => one.branch),
      column((one) => one.matched),
      column((one) => one.reason),
      column((one) => new Date(one.asOf)),
      column((one) => dateOrNull(one.settlesAt)),
      column((one) => dateOrNull(one.changesAt)),
      column((one) => one.revision),
      column((one) => one.knownSeq),
      column((one) => one.factsDigest),
      column((one) => (one.freshness.length > 0 ? JSON.stringify(one.freshness) : null)),
      column((one) => JSON.stringify(one.because)),
      column((one) => one.pended && JSON.stringify(one.pended)),
      // Open without an instant: only an event can tell. It stays a timer, so that it is known to be open.
      decisions.map(({ decision, dueAt }) =>
        decision.branch !== null ? null : dueAt === null ? 'infinity' : new Date(dueAt),
      ),
      column((one) => one.judgedAs),
    ]);
  }

  /**
   * Makes the open decisions of some profiles due, since something about these is new; those too that are due already: who
   * looks at one at this moment does not know of it, and is about to write when it is due again.
   */
  async wake(tx: Transaction, profileIds: readonly number[], at: Instant): Promise<void> {
    await prepared(
      tx,
      'wake_decisions',
      `UPDATE decisions SET due_at = least(due_at, $3) FROM unnest($1::smallint[], $2::bigint[]) AS asked (l, p)
        WHERE lane = l AND profile_id = p AND due_at IS NOT NULL`,
      [plainArray(profileIds.map(laneOfProfile)), plainArray(profileIds), new Date(at)],
    );
  }
}

/** Other events may have higher numbers than those that it asked for, so that it is also asked when they came. */
const OVERTAKEN = maySpeakAgainst({
  lane: 'l',
  profileId: 'p',
  isNew: `seq > known AND received_at > asked_at - interval '${LONGEST_COMMIT_MS} ms'`,
  asOf: 'as_of',
});

const APPEND = `
  INSERT INTO decisions (lane, id, profile_id, journey_key, journey_version, branch_point, branch, matched, reason,
      error_code, run_key, asked_at, as_of, settles_at, changes_at, catalogue_revision, known_seq, rules_digest,
      facts_digest, freshness, because, due_at, stranger, judged_as, review_at)
  SELECT *, CASE WHEN due_at IS NULL AND (judged_as <> p OR ${OVERTAKEN}) THEN as_of END
    FROM unnest($1::smallint[], $2::text[], $3::bigint[], $4::text[], $5::int[], $6::text[], $7::text[],
      $8::text[], $9::text[], $10::text[], $11::text[], $12::timestamptz[], $13::timestamptz[], $14::timestamptz[],
      $15::timestamptz[], $16::bigint[], $17::bigint[], $18::text[], $19::text[], $20::jsonb[], ${jsonArrayIn('$21')},
      $22::timestamptz[], $23::text[], $24::bigint[])
      AS new (l, id, p, journey_key, journey_version, branch_point, branch, matched, reason, error_code, run_key, asked_at,
        as_of, settles_at, changes_at, catalogue_revision, known, rules_digest, facts_digest, freshness, because, due_at,
        stranger, judged_as)
  ON CONFLICT DO NOTHING RETURNING id`;

const REWRITE = `
  UPDATE decisions
     SET branch = new.branch, matched = new.matched, reason = new.reason, as_of = new.as_of,
         settles_at = new.settles_at, changes_at = new.changes_at, catalogue_revision = new.revision,
         known_seq = new.known_seq, facts_digest = new.facts_digest, freshness = new.freshness,
         because = new.because, pended = new.pended, due_at = new.due_at,
         judged_as = new.judged_as
    FROM unnest($1::smallint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[],
                $8::timestamptz[], $9::bigint[], $10::bigint[], $11::text[], $12::jsonb[], $13::jsonb[], $14::jsonb[],
                $15::timestamptz[], $16::bigint[])
      AS new (lane, id, branch, matched, reason, as_of, settles_at, changes_at, revision, known_seq, facts_digest,
              freshness, because, pended, due_at, judged_as)
   WHERE decisions.lane = new.lane AND decisions.id = new.id`;
