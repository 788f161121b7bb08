import { Injectable } from '@nestjs/common';
import { IDENTIFY } from '../core/history-event.js';
import { query, type Transaction } from '../platform/database.js';
import { laneOfProfile } from '../platform/lanes.js';
import { attributesOf, type Attribute } from './attributes.js';

/** A profile that became part of another. */
export interface MergeView {
  profileId: string;
  mergedInto: string;
  at: Date;
  /** The event that showed the two to be one, and the kind of identifier in it that led to the other. */
  eventId: string;
  kind: string;
}

export interface TimelineEvent {
  id: string;
  name: string;
  source: string;
  occurredAt: Date;
  receivedAt: Date;
  /** The source claimed a later time than is possible; the time of receipt stands in. */
  isTimeCorrected: boolean;
  properties: Record<string, unknown>;
}

/** What is known of single profiles, to be shown. */
@Injectable()
export class ProfileStore {
  /** All that became part of a profile, directly or through others, oldest first. */
  async mergesInto(tx: Transaction, profileId: number): Promise<MergeView[]> {
    return query<MergeView>(
      tx,
      `WITH RECURSIVE family AS (
         SELECT * FROM profiles WHERE merged_into = $1
         UNION ALL
         SELECT profiles.* FROM profiles JOIN family ON profiles.merged_into = family.id
       )
       SELECT id AS "profileId", merged_into AS "mergedInto", ended_at AS at, merge_event_id AS "eventId",
              merge_kind AS kind
         FROM family ORDER BY ended_at, id`,
      [profileId],
    );
  }

  /** The events of a profile, newest first, after a cursor of an earlier page. */
  async timeline(
    tx: Transaction,
    profileId: number,
    page: { after?: { occurredAt: Date; id: string }; most: number },
  ): Promise<TimelineEvent[]> {
    return query<TimelineEvent>(
      tx,
      `SELECT id, name, source, occurred_at AS "occurredAt", received_at AS "receivedAt",
              is_time_corrected AS "isTimeCorrected", properties
         FROM events
        WHERE lane = $1 AND profile_id = $2
          AND ($3::timestamptz IS NULL OR (occurred_at, id) < ($3::timestamptz, $4::uuid))
        ORDER BY occurred_at DESC, id DESC LIMIT $5`,
      [laneOfProfile(profileId), profileId, page.after?.occurredAt ?? null, page.after?.id ?? null, page.most],
    );
  }

  /** What identify events say of a profile, with what they said before. */
  async attributes(tx: Transaction, profileId: number): Promise<Attribute[]> {
    const rows = await query<{ id: string; occurred_at: Date; properties: Record<string, unknown> }>(
      tx,
      `SELECT id, occurred_at, properties FROM events WHERE lane = $1 AND profile_id = $2 AND name = $3
        ORDER BY occurred_at, id`,
      [laneOfProfile(profileId), profileId, IDENTIFY],
    );
    return attributesOf(rows.map((row) => ({ ...row, occurredAt: row.occurred_at.getTime() })));
  }
}
