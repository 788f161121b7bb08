import { Injectable } from '@nestjs/common';
import { plainArray } from '../platform/array-parameters.js';
import { prepared, query, type Transaction } from '../platform/database.js';
import { laneOfProfile, laneOfText } from '../platform/lanes.js';
import type { ProfileMerge } from './merge-follower.js';
import { identifierKey, type Identifier, type IdentifierKind } from './identifier.js';
import type { ConflictReason, KeptApart } from './plan-bindings.js';

/** A conflict that may be settled. */
export interface OpenConflict {
  profileId: number;
  identifier: Identifier;
  /** Whose the identifier is now; null: nobody's. */
  owner: number | null;
  eventId: string;
}

/** An identifier that came with a profile's event and was not joined with it. */
export interface Conflict {
  profileId: number;
  identifier: Identifier;
  reason: ConflictReason;
  eventId: string;
}

export interface ConflictView {
  profileId: string;
  kind: string;
  value: string;
  /** Whose the identifier is now; null: nobody's. */
  otherProfileId: string | null;
  reason: ConflictReason;
  eventId: string;
  times: number;
  firstSeenAt: Date;
  lastSeenAt: Date;
  /** Since when they are kept apart because somebody said so; null: open. */
  keptApartAt: Date | null;
}

const VIEW = `conflict.profile_id AS "profileId", conflict.kind, conflict.value, owner.profile_id AS "otherProfileId",
              reason, event_id AS "eventId", times, first_seen_at AS "firstSeenAt", last_seen_at AS "lastSeenAt",
              kept_apart_at AS "keptApartAt"`;

// A conflict is over once its identifier leads to the profile after all.
const STANDING = `identity_conflicts conflict
         LEFT JOIN identifiers owner
           ON owner.lane = conflict.identifier_lane AND owner.kind = conflict.kind AND owner.value = conflict.value
        WHERE owner.profile_id IS DISTINCT FROM conflict.profile_id`;

const KEY = 'lane = $1 AND profile_id = $2 AND kind = $3 AND value = $4';

function keyOf(profileId: number, { kind, value }: Identifier): unknown[] {
  return [laneOfProfile(profileId), profileId, kind, value];
}

/** What was not merged, kept and shown. */
@Injectable()
export class ConflictStore {
  async note(tx: Transaction, conflicts: readonly Conflict[]): Promise<void> {
    // What somebody has settled is not told again.
    const news = conflicts.filter((one) => one.reason !== 'kept_apart');
    if (news.length === 0) return;
    const distinct = new Map(news.map((one) => [`${one.profileId} ${identifierKey(one.identifier)}`, one]));
    const rows = [...distinct.values()];
    await query(
      tx,
      `INSERT INTO identity_conflicts AS known
         (lane, profile_id, kind, value, identifier_lane, reason, event_id, times, first_seen_at, last_seen_at)
       SELECT *, 1, turnout_now(), turnout_now()
         FROM unnest($1::smallint[], $2::bigint[], $3::text[], $4::text[], $5::smallint[], $6::text[], $7::uuid[])
           AS new (lane, profile_id, kind, value, identifier_lane, reason, event_id)
        ORDER BY lane, profile_id, kind, value
       ON CONFLICT (lane, profile_id, kind, value) DO UPDATE
          SET reason = excluded.reason, event_id = excluded.event_id, times = known.times + 1,
              last_seen_at = excluded.last_seen_at`,
      [
        rows.map((one) => laneOfProfile(one.profileId)),
        rows.map((one) => one.profileId),
        rows.map((one) => one.identifier.kind),
        rows.map((one) => one.identifier.value),
        rows.map((one) => laneOfText(identifierKey(one.identifier))),
        rows.map((one) => one.reason),
        rows.map((one) => one.eventId),
      ],
    );
  }

  /** Those of a merged profile become the other's; what the merge settled is forgotten. */
  async move(tx: Transaction, { merged, into }: ProfileMerge): Promise<void> {
    await query(
      tx,
      `WITH gone AS (DELETE FROM identity_conflicts WHERE lane = $1 AND profile_id = $2 RETURNING *)
       INSERT INTO identity_conflicts AS known
         (lane, profile_id, kind, value, identifier_lane, reason, event_id, times, first_seen_at, last_seen_at, kept_apart_at)
       SELECT $3, $4, kind, value, identifier_lane, reason, event_id, times, first_seen_at, last_seen_at, kept_apart_at
         FROM gone
       ON CONFLICT (lane, profile_id, kind, value) DO UPDATE
          SET times = known.times + excluded.times, first_seen_at = least(known.first_seen_at, excluded.first_seen_at),
              last_seen_at = greatest(known.last_seen_at, excluded.last_seen_at),
              kept_apart_at = coalesce(known.kept_apart_at, excluded.kept_apart_at)`,
      [laneOfProfile(merged), merged, laneOfProfile(into), into],
    );
    await query(
      tx,
      `DELETE FROM identity_conflicts conflict USING identifiers owner
        WHERE conflict.lane = $1 AND conflict.profile_id = $2 AND owner.lane = conflict.identifier_lane
          AND owner.kind = conflict.kind AND owner.value = conflict.value AND owner.profile_id = $2`,
      [laneOfProfile(into), into],
    );
  }

  /** A conflict that is not over, and whose its identifier is, held until the transaction ends. */
  async find(tx: Transaction, profileId: number, identifier: Identifier): Promise<OpenConflict | undefined> {
    const [row] = await query<{ owner: string | null; eventId: string }>(
      tx,
      `SELECT owner.profile_id AS owner, event_id AS "eventId" FROM ${STANDING}
          AND conflict.lane = $1 AND conflict.profile_id = $2 AND conflict.kind = $3 AND conflict.value = $4
          FOR UPDATE OF conflict`,
      keyOf(profileId, identifier),
    );
    return row && { profileId, identifier, owner: row.owner === null ? null : Number(row.owner), eventId: row.eventId };
  }

  /** From now on the two are different people, whatever says otherwise. */
  async keepApart(tx: Transaction, profileId: number, identifier: Identifier): Promise<void> {
    await query(
      tx,
      `UPDATE identity_conflicts SET kept_apart_at = coalesce(kept_apart_at, turnout_now()) WHERE ${KEY}`,
      keyOf(profileId, identifier),
    );
  }

  async forget(tx: Transaction, profileId: number, identifier: Identifier): Promise<void> {
    await query(tx, `DELETE FROM identity_conflicts WHERE ${KEY}`, keyOf(profileId, identifier));
  }

  /** Whom these profiles are not to be joined with, because somebody said so. */
  async apartFrom(tx: Transaction, profileIds: readonly number[]): Promise<KeptApart[]> {
    const rows = await prepared<{ profile: string; kind: IdentifierKind; value: string; owner: string | null }>(
      tx,
      'apart_from',
      `SELECT conflict.profile_id AS profile, conflict.kind, conflict.value, owner.profile_id AS owner FROM ${STANDING}
          AND conflict.profile_id = ANY($1::bigint[]) AND kept_apart_at IS NOT NULL`,
      [plainArray(profileIds)],
    );
    return rows.map(({ profile, kind, value, owner }) => ({
      profile: Number(profile),
      key: identifierKey({ kind, value }),
      owner: owner === null ? null : Number(owner),
    }));
  }

  /** The conflicts that are open, or those that were settled by keeping them apart, newest first, after a cursor of an earlier page. */
  async list(
    tx: Transaction,
    page: { after?: { at: Date; profileId: string; kind: string; value: string }; most: number; areApart: boolean },
  ): Promise<ConflictView[]> {
    const { after, most, areApart } = page;
    return query<ConflictView>(
      tx,
      `SELECT ${VIEW} FROM ${STANDING}
          AND (kept_apart_at IS NOT NULL) = $6
          AND ($1::timestamptz IS NULL
               OR (last_seen_at, conflict.profile_id, conflict.kind, conflict.value) < ($1, $2::bigint, $3::text, $4::text))
        ORDER BY last_seen_at DESC, conflict.profile_id DESC, conflict.kind DESC, conflict.value DESC LIMIT $5`,
      [after?.at ?? null, after?.profileId ?? null, after?.kind ?? null, after?.value ?? null, most, areApart],
    );
  }

  /** Those of one profile, newest first: of its own events, and of others' that named an identifier of its own. */
  async ofProfile(tx: Transaction, profileId: number): Promise<ConflictView[]> {
    return query<ConflictView>(
      tx,
      `SELECT ${VIEW} FROM ${STANDING}
          AND (conflict.lane, conflict.profile_id, conflict.kind, conflict.value) IN (
            SELECT lane, profile_id, kind, value FROM identity_conflicts WHERE lane = $1 AND profile_id = $2
            UNION
            SELECT named.lane, named.profile_id, named.kind, named.value FROM identifiers own
              JOIN identity_conflicts named ON named.kind = own.kind AND named.value = own.value
             WHERE own.profile_id = $2)
        ORDER BY last_seen_at DESC, conflict.profile_id, conflict.kind, conflict.value LIMIT 200`,
      [laneOfProfile(profileId), profileId],
    );
  }
}
