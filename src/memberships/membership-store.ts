import { Injectable } from '@nestjs/common';
import type { Instant } from '../core/instant.js';
import type { TransitionCause } from '../core/membership.js';
import { query, type Transaction } from '../platform/database.js';
import { laneOfProfile } from '../platform/lanes.js';
import type { DueProfile, HeldMembership, ProfileChanges } from './profile-changes.js';

export interface TransitionView {
  profileId: string;
  segment: string;
  ordinal: number;
  kind: 'entered' | 'exited';
  at: Date;
  version: number;
  cause: TransitionCause['kind'] | 'merge';
  causeEventId: string | null;
}

/** Due profiles, current memberships and the log of their transitions. */
@Injectable()
export class MembershipStore {
  /** Lanes in which a profile is due. */
  async dueLanes(tx: Transaction, at: Instant, lanes: number): Promise<number[]> {
    const rows = await query<{ lane: number }>(
      tx,
      `SELECT lane FROM generate_series(0, $2 - 1) AS lanes (lane)
        WHERE EXISTS (SELECT FROM profiles WHERE profiles.lane = lanes.lane AND evaluate_at <= $1)`,
      [new Date(at), lanes],
    );
    return rows.map((row) => row.lane);
  }

  /** Takes due profiles of a lane, longest due first, for the rest of the transaction; others' are passed over. */
  async claimDue(tx: Transaction, lane: number, at: Instant, most: number): Promise<DueProfile[]> {
    const rows = await query<DueRow>(
      tx,
      `SELECT id, evaluate_at, evaluated_at, evaluated_seq, evaluated_revision FROM profiles
        WHERE lane = $1 AND evaluate_at <= $2 ORDER BY evaluate_at LIMIT $3 FOR UPDATE SKIP LOCKED`,
      [lane, new Date(at), most],
    );
    return rows.map((row) => dueProfileOf(lane, row));
  }

  /** A single profile of a lane, whose lock the caller holds, where it is due. */
  async dueOne(tx: Transaction, lane: number, id: number, at: Instant): Promise<DueProfile[]> {
    const rows = await query<DueRow>(
      tx,
      `SELECT id, evaluate_at, evaluated_at, evaluated_seq, evaluated_revision FROM profiles
        WHERE lane = $1 AND id = $2 AND evaluate_at <= $3`,
      [lane, id, new Date(at)],
    );
    return rows.map((row) => dueProfileOf(lane, row));
  }

  /** Ends every membership of a merged profile, each with an exit in the log. */
  async endAll(tx: Transaction, lane: number, profileId: number, at: Instant): Promise<void> {
    await query(
      tx,
      `WITH ended AS (
         UPDATE memberships SET is_member = false, ordinal = ordinal + 1, since = greatest(since, $3)
          WHERE lane = $1 AND profile_id = $2 AND is_member
         RETURNING segment_id, ordinal, since, version
       )
       INSERT INTO transitions
         (lane, profile_id, segment_id, ordinal, kind, at, version, cause, cause_event_id, recorded_at)
       SELECT $1, $2, segment_id, ordinal, 'exited', since, version, 'merge', NULL, turnout_now() FROM ended`,
      [lane, profileId, new Date(at)],
    );
    await query(
      tx,
      'UPDATE memberships SET due_at = NULL, pushed_as = NULL WHERE lane = $1 AND profile_id = $2 AND NOT is_member',
      [lane, profileId],
    );
  }

  /** What is held about some profiles of a lane, by profile. */
  async held(tx: Transaction, lane: number, profileIds: readonly number[]): Promise<Map<number, HeldMembership[]>> {
    const rows = await query<HeldRow>(
      tx,
      `SELECT profile_id, segment_id, is_member, ordinal, version, since, due_at, pushed_as FROM memberships
        WHERE lane = $1 AND profile_id = ANY($2::bigint[])`,
      [lane, profileIds],
    );
    const held = new Map<number, HeldMembership[]>();
    for (const row of rows) {
      const id = Number(row.profile_id);
      held.set(id, held.get(id) ?? []);
      held.get(id)!.push({
        segmentId: row.segment_id,
        isMember: row.is_member,
        ordinal: row.ordinal,
        version: row.version,
        since: row.since.getTime(),
        dueAt: row.due_at?.getTime() ?? null,
        pushedAs: row.pushed_as,
      });
    }
    return held;
  }

  /** Writes the changes of a batch of one lane: one statement a table. */
  async write(
    tx: Transaction,
    batch: { lane: number; revision: number; seqs: ReadonlyMap<number, number>; changes: readonly ProfileChanges[] },
  ): Promise<void> {
    await this.writeTransitions(tx, batch.lane, batch.changes);
    await this.writeMemberships(tx, batch.lane, batch.changes);
    const column = <T>(read: (one: ProfileChanges) => T): T[] => batch.changes.map(read);
    await query(
      tx,
      `UPDATE profiles
          SET evaluate_at = due_at, evaluated_at = as_of, evaluated_seq = seq, evaluated_revision = $6
         FROM unnest($2::bigint[], $3::timestamptz[], $4::timestamptz[], $5::bigint[]) AS new (p_id, due_at, as_of, seq)
        WHERE lane = $1 AND id = p_id`,
      [
        batch.lane,
        column((one) => one.profile.id),
        column((one) => (one.dueAt === null ? null : new Date(one.dueAt))),
        column((one) => new Date(one.evaluatedAt)),
        column((one) => Math.max(one.profile.evaluatedSeq, batch.seqs.get(one.profile.id) ?? 0)),
        batch.revision,
      ],
    );
  }

  /** The log of a profile and of those that became part of it, oldest first by segment. */
  async transitions(tx: Transaction, profileIds: readonly number[]): Promise<TransitionView[]> {
    return query<TransitionView>(
      tx,
      `SELECT profile_id AS "profileId", key AS segment, ordinal, kind, at, version, cause,
              cause_event_id AS "causeEventId"
         FROM transitions JOIN segments ON segments.id = segment_id
        WHERE lane = ANY($1::smallint[]) AND profile_id = ANY($2::bigint[])
        ORDER BY at, key, profile_id, ordinal`,
      [profileIds.map(laneOfProfile), profileIds],
    );
  }

  private async writeTransitions(tx: Transaction, lane: number, changes: readonly ProfileChanges[]): Promise<void> {
    const rows = changes.flatMap((one) =>
      one.memberships.flatMap((change) =>
        change.transitions.map((transition, index) => ({
          ...transition,
          profileId: one.profile.id,
          segmentId: change.segmentId,
          ordinal: change.ordinal - change.transitions.length + index + 1,
          version: change.version,
        })),
      ),
    );
    if (rows.length === 0) return;
    await query(
      tx,
      `INSERT INTO transitions
         (lane, profile_id, segment_id, ordinal, kind, at, version, cause, cause_event_id, recorded_at)
       SELECT $1, *, turnout_now() FROM unnest($2::bigint[], $3::int[], $4::int[], $5::text[], $6::timestamptz[],
                                               $7::int[], $8::text[], $9::uuid[])`,
      [
        lane,
        rows.map((row) => row.profileId),
        rows.map((row) => row.segmentId),
        rows.map((row) => row.ordinal),
        rows.map((row) => row.kind),
        rows.map((row) => new Date(row.at)),
        rows.map((row) => row.version),
        rows.map((row) => row.cause.kind),
        rows.map((row) => ('eventId' in row.cause ? row.cause.eventId : null)),
      ],
    );
  }

  private async writeMemberships(tx: Transaction, lane: number, changes: readonly ProfileChanges[]): Promise<void> {
    const rows = changes.flatMap((one) => one.memberships.map((change) => ({ ...change, profileId: one.profile.id })));
    if (rows.length === 0) return;
    await query(
      tx,
      `INSERT INTO memberships (lane, profile_id, segment_id, is_member, ordinal, version, since, due_at, pushed_as)
       SELECT $1, * FROM unnest($2::bigint[], $3::int[], $4::boolean[], $5::int[], $6::int[], $7::timestamptz[],
                                $8::timestamptz[], $9::text[])
       ON CONFLICT (lane, profile_id, segment_id) DO UPDATE
          SET is_member = excluded.is_member, ordinal = excluded.ordinal, version = excluded.version,
              since = excluded.since, due_at = excluded.due_at, pushed_as = excluded.pushed_as`,
      [
        lane,
        rows.map((row) => row.profileId),
        rows.map((row) => row.segmentId),
        rows.map((row) => row.isMember),
        rows.map((row) => row.ordinal),
        rows.map((row) => row.version),
        rows.map((row) => new Date(row.since)),
        rows.map((row) => (row.dueAt === null ? null : new Date(row.dueAt))),
        rows.map((row) => row.pushedAs),
      ],
    );
  }
}

interface DueRow {
  id: string;
  evaluate_at: Date;
  evaluated_at: Date | null;
  evaluated_seq: string;
  evaluated_revision: string;
}

function dueProfileOf(lane: number, row: DueRow): DueProfile {
  return {
    lane,
    id: Number(row.id),
    dueAt: row.evaluate_at.getTime(),
    evaluatedAt: row.evaluated_at?.getTime() ?? null,
    evaluatedSeq: Number(row.evaluated_seq),
    evaluatedRevision: Number(row.evaluated_revision),
  };
}

interface HeldRow {
  profile_id: string;
  segment_id: number;
  is_member: boolean;
  ordinal: number;
  version: number;
  since: Date;
  due_at: Date | null;
  pushed_as: string | null;
}
