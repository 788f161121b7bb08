import { Injectable } from '@nestjs/common';
import type { Instant } from '../core/instant.js';
import type { TransitionCause } from '../core/membership.js';
import { instantArray, plainArray, textArray } from '../platform/array-parameters.js';
import { answersOf, prepared, preparedRows, query, type Transaction } from '../platform/database.js';
import { laneOfProfile, LANES } from '../platform/lanes.js';
import { lanesWith } from '../platform/lanes-with.js';
import { DUE_COLUMNS, dueProfileOf, type DueProfile, type DueRow } from '../profiles/due-profile.js';
import type { HeldMembership, ProfileChanges } from './profile-changes.js';

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

/** What a batch changes, under which revision, and the newest event of each profile that it knew, by number. */
export interface EvaluatedChanges {
  revision: number;
  seqs: ReadonlyMap<number, number>;
  changes: readonly ProfileChanges[];
}

/** Due profiles, current memberships and the log of their transitions. */
@Injectable()
export class MembershipStore {
  /** Lanes in which a profile is due. */
  async dueLanes(tx: Transaction, at: Instant): Promise<number[]> {
    const probe = 'SELECT FROM profiles WHERE profiles.lane = lanes.lane AND evaluate_at <= $1';
    return lanesWith(tx, 'due_profile_lanes', probe, [new Date(at)]);
  }

  /** Takes due profiles of a lane, longest due first, for the rest of the transaction; others' are passed over. */
  async claimDue(tx: Transaction, lane: number, at: Instant, most: number): Promise<DueProfile[]> {
    const rows = await query<DueRow>(
      tx,
      `SELECT ${DUE_COLUMNS} FROM profiles
        WHERE lane = $1 AND evaluate_at <= $2 ORDER BY evaluate_at LIMIT $3 FOR UPDATE SKIP LOCKED`,
      [lane, new Date(at), most],
    );
    return rows.map(dueProfileOf);
  }

  /** A single profile, whose lock the caller holds, where it is due. */
  async dueOne(tx: Transaction, id: number, at: Instant): Promise<DueProfile[]> {
    const rows = await query<DueRow>(
      tx,
      `SELECT ${DUE_COLUMNS} FROM profiles
        WHERE lane = $1 AND id = $2 AND evaluate_at <= $3`,
      [laneOfProfile(id), id, new Date(at)],
    );
    return rows.map(dueProfileOf);
  }

  /** Due profiles after one by number, in order of that, whoever is at them. */
  async dueAfter(tx: Transaction, at: Instant, after: string, most: number): Promise<DueProfile[]> {
    const rows = await prepared<DueRow>(
      tx,
      'due_after',
      // What is due is read lane by lane, and then put in order: by their numbers, all profiles would be read.
      `SELECT due.* FROM generate_series(0, ${LANES - 1}) AS lanes (l), LATERAL (
         SELECT ${DUE_COLUMNS} FROM profiles WHERE lane = l AND evaluate_at <= $1 OFFSET 0
       ) AS due WHERE id > $2 ORDER BY id LIMIT $3`,
      [new Date(at), after, most],
    );
    return rows.map(dueProfileOf);
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

  /** What is held about some profiles, by profile. */
  async held(tx: Transaction, profileIds: readonly number[]): Promise<Map<number, HeldMembership[]>> {
    const rows = await preparedRows<HeldRow>(
      tx,
      'held_memberships',
      // Profile by profile: joined in one go, all memberships may be read.
      `SELECT held.* FROM unnest($1::smallint[], $2::bigint[]) AS asked (l, p), LATERAL (
         SELECT profile_id, segment_id, is_member, ordinal, version, since, due_at, pushed_as FROM memberships
          WHERE lane = l AND profile_id = p OFFSET 0
       ) AS held`,
      [plainArray(profileIds.map(laneOfProfile)), plainArray(profileIds)],
    );
    const held = new Map<number, HeldMembership[]>();
    for (const [profileId, segmentId, isMember, ordinal, version, since, dueAt, pushedAs] of rows) {
      const one = { segmentId, isMember, ordinal, version, since, dueAt, pushedAs };
      const others = held.get(profileId);
      if (others) others.push(one);
      else held.set(profileId, [one]);
    }
    return held;
  }

  /** Writes the changes of a batch: one statement a table. */
  async write(tx: Transaction, batch: EvaluatedChanges): Promise<void> {
    await answersOf(
      this.writeTransitions(tx, batch.changes),
      this.writeMemberships(tx, batch.changes),
      this.writeProfiles(tx, batch),
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

  private async writeProfiles(tx: Transaction, batch: EvaluatedChanges): Promise<void> {
    const column = <T>(read: (one: ProfileChanges) => T): T[] => batch.changes.map(read);
    await prepared(
      tx,
      'evaluated_profiles',
      `INSERT INTO profiles AS known
         (lane, id, created_at, evaluate_at, evaluated_at, evaluated_seq, is_link_report_due, evaluated_revision)
       SELECT lane, id, turnout_now(), due_at, as_of, seq, is_reported, $7::bigint
         FROM unnest($1::smallint[], $2::bigint[], $3::timestamptz[], $4::timestamptz[], $5::bigint[], $6::boolean[])
           AS new (lane, id, due_at, as_of, seq, is_reported)
       ON CONFLICT (lane, id) DO UPDATE
          SET evaluate_at = excluded.evaluate_at, evaluated_at = excluded.evaluated_at,
              evaluated_seq = excluded.evaluated_seq, evaluated_revision = excluded.evaluated_revision,
              is_link_report_due = known.is_link_report_due OR excluded.is_link_report_due`,
      [
        plainArray(column((one) => one.profile.lane)),
        plainArray(column((one) => one.profile.id)),
        instantArray(column((one) => one.dueAt)),
        instantArray(column((one) => one.evaluatedAt)),
        plainArray(column((one) => Math.max(one.profile.evaluatedSeq, batch.seqs.get(one.profile.id) ?? 0))),
        plainArray(column((one) => one.profile.isReported)),
        batch.revision,
      ],
    );
  }

  private async writeTransitions(tx: Transaction, changes: readonly ProfileChanges[]): Promise<void> {
    const rows = changes.flatMap(({ profile, memberships }) =>
      memberships.flatMap((change) =>
        change.transitions.map((transition, index) => ({
          profile,
          change,
          transition,
          ordinal: change.ordinal - change.transitions.length + index + 1,
        })),
      ),
    );
    if (rows.length === 0) return;
    await prepared(
      tx,
      'write_transitions',
      `INSERT INTO transitions
         (lane, profile_id, segment_id, ordinal, kind, at, version, cause, cause_event_id, recorded_at)
       SELECT *, turnout_now() FROM unnest($1::smallint[], $2::bigint[], $3::int[], $4::int[], $5::text[],
                                           $6::timestamptz[], $7::int[], $8::text[], $9::uuid[])`,
      [
        plainArray(rows.map(({ profile }) => profile.lane)),
        plainArray(rows.map(({ profile }) => profile.id)),
        plainArray(rows.map(({ change }) => change.segmentId)),
        plainArray(rows.map(({ ordinal }) => ordinal)),
        plainArray(rows.map(({ transition }) => transition.kind)),
        instantArray(rows.map(({ transition }) => transition.at)),
        plainArray(rows.map(({ change }) => change.version)),
        plainArray(rows.map(({ transition }) => transition.cause.kind)),
        plainArray(rows.map(({ transition: { cause } }) => ('eventId' in cause ? cause.eventId : null))),
      ],
    );
  }

  private async writeMemberships(tx: Transaction, changes: readonly ProfileChanges[]): Promise<void> {
    const rows = changes.flatMap(({ profile, memberships }) => memberships.map((change) => ({ profile, change })));
    if (rows.length === 0) return;
    await prepared(
      tx,
      'write_memberships',
      `INSERT INTO memberships (lane, profile_id, segment_id, is_member, ordinal, version, since, due_at, pushed_as)
       SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::int[], $4::boolean[], $5::int[], $6::int[],
                            $7::timestamptz[], $8::timestamptz[], $9::text[])
       ON CONFLICT (lane, profile_id, segment_id) DO UPDATE
          SET is_member = excluded.is_member, ordinal = excluded.ordinal, version = excluded.version,
              since = excluded.since, due_at = excluded.due_at, pushed_as = excluded.pushed_as`,
      [
        plainArray(rows.map(({ profile }) => profile.lane)),
        plainArray(rows.map(({ profile }) => profile.id)),
        plainArray(rows.map(({ change }) => change.segmentId)),
        plainArray(rows.map(({ change }) => change.isMember)),
        plainArray(rows.map(({ change }) => change.ordinal)),
        plainArray(rows.map(({ change }) => change.version)),
        instantArray(rows.map(({ change }) => change.since)),
        instantArray(rows.map(({ change }) => change.dueAt)),
        textArray(rows.map(({ change }) => change.pushedAs)),
      ],
    );
  }
}

type HeldRow = [
  profileId: number,
  segmentId: number,
  isMember: boolean,
  ordinal: number,
  version: number,
  since: Instant,
  dueAt: Instant | null,
  pushedAs: string | null,
];
