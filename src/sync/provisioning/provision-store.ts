import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { ProvisionOutcome, WantedSegment } from '../../destinations/destination.js';
import { now } from '../../platform/clock.js';
import { query, type Transaction } from '../../platform/database.js';

/** A segment at a destination, by what we call it. */
export interface ProvisionKey {
  destination: string;
  segmentId: string;
}

/** A segment that this worker sees to. */
export interface ClaimedProvision extends ProvisionKey {
  claim: string;
  version: number;
  name: string;
  adopt: boolean;
  /** What it was called there when it was last ready, and by which account. */
  externalId: string | null;
  account: string | null;
  attempts: number;
}

/** How a segment stands at a destination, for people. */
export interface ProvisionView extends ProvisionKey {
  state: 'pending' | 'ready' | 'failed';
  name: string;
  externalId: string | null;
  origin: string | null;
  problem: string | null;
  readyAt: Date | null;
}

type Ready = Extract<ProvisionOutcome, { kind: 'ready' }>;

const PUSHED_THERE = `SELECT FROM segments JOIN segment_versions AS said ON said.segment_id = id AND said.version = published_version
   WHERE push @> jsonb_build_array(jsonb_build_object(
         'destination', provisioned_segments.destination, 'segmentId', provisioned_segments.segment_id))`;

/** Segments that destinations have to be made to hold: what each is called there, and what is still to be done. */
@Injectable()
export class ProvisionStore {
  /** Wants some segments, or wants to have them looked at again. One that is ready stays so meanwhile. */
  async request(
    tx: Transaction,
    wanted: readonly (ProvisionKey & Pick<WantedSegment, 'name' | 'adopt'>)[],
  ): Promise<void> {
    await query(
      tx,
      `INSERT INTO provisioned_segments AS known (destination, segment_id, name, adopt, version, state, due_at)
       SELECT destination, segment_id, name, adopt, 1, 'pending', turnout_now()
         FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[]) AS wanted (destination, segment_id, name, adopt)
        ORDER BY destination, segment_id
       ON CONFLICT (destination, segment_id) DO UPDATE
          SET name = excluded.name, adopt = excluded.adopt, version = known.version + 1, due_at = excluded.due_at,
              state = CASE known.state WHEN 'ready' THEN 'ready' ELSE 'pending' END,
              problem = CASE known.state WHEN 'ready' THEN known.problem END, attempts = 0`,
      [
        wanted.map((one) => one.destination),
        wanted.map((one) => one.segmentId),
        wanted.map((one) => one.name),
        wanted.map((one) => one.adopt),
      ],
    );
  }

  /** Has a destination's segments looked for again that were made under another account. */
  async followAccount(tx: Transaction, destination: string, account: string): Promise<void> {
    await query(
      tx,
      `UPDATE provisioned_segments SET state = 'pending', due_at = turnout_now(), version = version + 1, attempts = 0
        WHERE destination = $1 AND state = 'ready' AND account <> $2`,
      [destination, account],
    );
  }

  /** Takes the one that has been due longest at one of these destinations, of those that segments in force are pushed to. */
  async claim(
    tx: Transaction,
    destinations: readonly string[],
    leaseMs: number,
  ): Promise<ClaimedProvision | undefined> {
    const at = await now(tx);
    const [row] = await query<ClaimedProvision>(
      tx,
      `UPDATE provisioned_segments SET claim = $3, claimed_until = $4
        WHERE (destination, segment_id) = (
              SELECT destination, segment_id FROM provisioned_segments
               WHERE destination = ANY($1::text[]) AND due_at <= $2 AND (claimed_until IS NULL OR claimed_until <= $2)
                 AND EXISTS (${PUSHED_THERE})
               ORDER BY due_at, destination, segment_id LIMIT 1 FOR UPDATE SKIP LOCKED)
       RETURNING destination, segment_id AS "segmentId", claim, version, name, adopt, external_id AS "externalId", account,
                 attempts`,
      [destinations, new Date(at), randomUUID(), new Date(at + leaseMs)],
    );
    return row;
  }

  /** Whether a claim is still this worker's; if so, for a whole lease again. Its row is held until the transaction ends. */
  async holds(tx: Transaction, { destination, segmentId, claim }: ClaimedProvision, leaseMs: number): Promise<boolean> {
    const rows = await query(
      tx,
      `UPDATE provisioned_segments SET claimed_until = $4
        WHERE destination = $1 AND segment_id = $2 AND claim = $3 RETURNING claim`,
      [destination, segmentId, claim, new Date((await now(tx)) + leaseMs)],
    );
    return rows.length > 0;
  }

  /** Keeps what is owed about a segment from being sent, until it is ready. */
  async suspend(tx: Transaction, { destination, segmentId }: ProvisionKey): Promise<void> {
    await query(tx, `UPDATE provisioned_segments SET state = 'pending' WHERE destination = $1 AND segment_id = $2`, [
      destination,
      segmentId,
    ]);
  }

  /** From now on, what is owed about the segment may be sent. The claim stays. */
  async markReady(
    tx: Transaction,
    { destination, segmentId }: ProvisionKey,
    account: string,
    ready: Ready,
  ): Promise<void> {
    await query(
      tx,
      `UPDATE provisioned_segments
          SET state = 'ready', account = $3, external_id = $4, origin = $5, problem = $6,
              ready_at = CASE WHEN state = 'ready' THEN ready_at ELSE turnout_now() END
        WHERE destination = $1 AND segment_id = $2`,
      [destination, segmentId, account, ready.externalId, ready.origin, ready.note ?? null],
    );
  }

  /** Gives a claim back: nothing is to be done any more, unless it was asked for again meanwhile. */
  async finish(tx: Transaction, { destination, segmentId, claim, version }: ClaimedProvision): Promise<void> {
    await query(
      tx,
      `UPDATE provisioned_segments
          SET claim = NULL, claimed_until = NULL, attempts = 0, due_at = CASE WHEN version > $4 THEN due_at END
        WHERE destination = $1 AND segment_id = $2 AND claim = $3`,
      [destination, segmentId, claim, version],
    );
  }

  /** Gives a claim back that came to nothing, to be taken again later; or by a person alone, if `afterMs` is null. */
  async giveBack(
    tx: Transaction,
    { destination, segmentId, claim, version }: ClaimedProvision,
    { problem, afterMs }: { problem: string; afterMs: number | null },
  ): Promise<void> {
    await query(
      tx,
      `UPDATE provisioned_segments
          SET claim = NULL, claimed_until = NULL, attempts = attempts + 1,
              problem = CASE WHEN version > $4 THEN problem ELSE $5 END,
              state = CASE WHEN version > $4 OR $6::timestamptz IS NOT NULL THEN state ELSE 'failed' END,
              due_at = CASE WHEN version > $4 THEN due_at ELSE $6 END
        WHERE destination = $1 AND segment_id = $2 AND claim = $3`,
      [destination, segmentId, claim, version, problem, afterMs === null ? null : new Date((await now(tx)) + afterMs)],
    );
  }

  /** The ids by which a destination's account holds segments, by what we call them; only those that are ready. */
  async externalIds(tx: Transaction, destination: string, account: string): Promise<Map<string, string>> {
    const rows = await query<{ segment_id: string; external_id: string }>(
      tx,
      `SELECT segment_id, external_id FROM provisioned_segments
        WHERE destination = $1 AND account = $2 AND state = 'ready'`,
      [destination, account],
    );
    return new Map(rows.map((row) => [row.segment_id, row.external_id]));
  }

  /** Of segments, those that are ready; that does not change before the transaction ends. */
  async heldReady(
    tx: Transaction,
    destination: string,
    account: string,
    segmentIds: readonly string[],
  ): Promise<Set<string>> {
    const rows = await query<{ segment_id: string; is_ready: boolean }>(
      tx,
      `SELECT segment_id, coalesce(state = 'ready' AND account = $3, false) AS is_ready FROM provisioned_segments
        WHERE destination = $1 AND segment_id = ANY($2::text[]) ORDER BY segment_id FOR SHARE`,
      [destination, segmentIds, account],
    );
    return new Set(rows.filter((row) => row.is_ready).map((row) => row.segment_id));
  }

  /** The key of a published segment, other than the one that is wanted, that is pushed to a segment of the destination. */
  async ownerOf(
    tx: Transaction,
    { destination, segmentId }: ProvisionKey,
    externalId: string,
  ): Promise<string | undefined> {
    const [row] = await query<{ key: string }>(
      tx,
      `SELECT key FROM segments JOIN segment_versions AS said ON said.segment_id = id AND said.version = published_version,
              jsonb_array_elements(push) AS own
         LEFT JOIN provisioned_segments AS made ON made.destination = $1 AND made.segment_id = own ->> 'segmentId'
        WHERE own ->> 'destination' = $1 AND own ->> 'segmentId' <> $2
          AND coalesce(made.external_id, own ->> 'segmentId') = $3 LIMIT 1`,
      [destination, segmentId, externalId],
    );
    return row?.key;
  }

  /** What a segment of the destination is called here that was made or adopted; undefined for any other. */
  async nameOf(tx: Transaction, destination: string, externalId: string): Promise<string | undefined> {
    const [row] = await query<{ segment_id: string }>(
      tx,
      'SELECT segment_id FROM provisioned_segments WHERE destination = $1 AND external_id = $2 LIMIT 1',
      [destination, externalId],
    );
    return row?.segment_id;
  }

  /**
   * Whether a segment of the destination was ever pushed to by its number, and profiles are still being looked at for a rule
   * that changed, and with it where they are pushed.
   */
  async mayStillLeave(tx: Transaction, destination: string, externalId: string): Promise<boolean> {
    const rows = await query(
      tx,
      `SELECT FROM segment_versions
        WHERE push @> jsonb_build_array(jsonb_build_object('destination', $1::text, 'segmentId', $2::text))
          AND EXISTS (SELECT FROM backfills) LIMIT 1`,
      [destination, externalId],
    );
    return rows.length > 0;
  }

  /** How segments stand, in the order in which they are named; none for those that need not be made. */
  async views(tx: Transaction, keys: readonly ProvisionKey[]): Promise<ProvisionView[]> {
    if (keys.length === 0) return [];
    return query<ProvisionView>(
      tx,
      `SELECT known.destination, known.segment_id AS "segmentId", state, name, external_id AS "externalId", origin, problem,
              ready_at AS "readyAt"
         FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (destination, segment_id, place)
         JOIN provisioned_segments AS known ON known.destination = asked.destination AND known.segment_id = asked.segment_id
        ORDER BY place`,
      [keys.map((one) => one.destination), keys.map((one) => one.segmentId)],
    );
  }

  /** Forgets what a destination that is removed holds. */
  async drop(tx: Transaction, destination: string): Promise<void> {
    await query(tx, 'DELETE FROM provisioned_segments WHERE destination = $1', [destination]);
  }
}
