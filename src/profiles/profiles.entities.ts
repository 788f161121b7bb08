import { Check, Column, Entity, Generated, Index, PrimaryColumn } from 'typeorm';

/** A person as we know them. `evaluateAt` is the one timer: when a membership of theirs must next be looked at. */
@Entity('profiles')
@Index('profiles_due', ['lane', 'evaluateAt'], { where: 'evaluate_at IS NOT NULL' })
@Index('profiles_link_report_due', ['lane', 'id'], { where: 'is_link_report_due' })
@Index('profiles_merged_into', ['mergedInto'], { where: 'merged_into IS NOT NULL' })
@Check('profiles_ended', 'ended_at IS NULL OR evaluate_at IS NULL')
@Check('profiles_merged', 'merged_into IS NULL OR ended_at IS NOT NULL')
export class Profile {
  @PrimaryColumn('smallint') lane!: number;
  @PrimaryColumn('bigint') id!: string;
  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 }) createdAt!: Date;
  @Column({ type: 'timestamptz', name: 'evaluate_at', precision: 3, nullable: true }) evaluateAt!: Date | null;
  /** The last instant as of which memberships were evaluated; never goes back. */
  @Column({ type: 'timestamptz', name: 'evaluated_at', precision: 3, nullable: true }) evaluatedAt!: Date | null;
  /** The newest event that the last evaluation knew. */
  @Column('bigint', { name: 'evaluated_seq', default: 0 }) evaluatedSeq!: string;
  /** The catalogue's revision at the last evaluation; 0 before the first. */
  @Column('bigint', { name: 'evaluated_revision', default: 0 }) evaluatedRevision!: string;
  /** Since when it is nobody's any more: it became part of another profile. */
  @Column({ type: 'timestamptz', name: 'ended_at', precision: 3, nullable: true }) endedAt!: Date | null;
  @Column('bigint', { name: 'merged_into', nullable: true }) mergedInto!: string | null;
  /** The event that showed the two to be one, and the kind of identifier in it that led here. */
  @Column('uuid', { name: 'merge_event_id', nullable: true }) mergeEventId!: string | null;
  @Column('text', { name: 'merge_kind', nullable: true }) mergeKind!: string | null;
  /** Whether something came or went that reports on links may not know of yet. */
  @Column('boolean', { name: 'is_link_report_due', default: false }) isLinkReportDue!: boolean;
}

/** An identifier that came with a profile's events and was not joined with it, since that would have joined strangers. */
@Entity('identity_conflicts')
@Index('identity_conflicts_newest', ['lastSeenAt', 'profileId', 'kind', 'value'])
@Index('identity_conflicts_identifier', ['kind', 'value'])
@Index('identity_conflicts_apart', ['profileId'], { where: 'kept_apart_at IS NOT NULL' })
export class IdentityConflict {
  @PrimaryColumn('smallint') lane!: number;
  @PrimaryColumn('bigint', { name: 'profile_id' }) profileId!: string;
  @PrimaryColumn('text') kind!: string;
  @PrimaryColumn('text') value!: string;
  /** The lane of the identifier, by which it is looked up. */
  @Column('smallint', { name: 'identifier_lane' }) identifierLane!: number;
  @Column('text') reason!: string;
  /** The last event that named both. */
  @Column('uuid', { name: 'event_id' }) eventId!: string;
  @Column('integer') times!: number;
  @Column({ type: 'timestamptz', name: 'first_seen_at', precision: 3 }) firstSeenAt!: Date;
  @Column({ type: 'timestamptz', name: 'last_seen_at', precision: 3 }) lastSeenAt!: Date;
  /** Since when somebody has said that they are two; null: it is open. */
  @Column({ type: 'timestamptz', name: 'kept_apart_at', precision: 3, nullable: true }) keptApartAt!: Date | null;
}

@Entity('identifiers')
@Index('identifiers_profile', ['profileId'])
export class ProfileIdentifier {
  @PrimaryColumn('smallint') lane!: number;
  @PrimaryColumn('text') kind!: string;
  @PrimaryColumn('text') value!: string;
  @Column('smallint', { name: 'profile_lane', nullable: true }) profileLane!: number | null;
  /** Null while it is awaited: an event about it came before anybody was known by it. */
  @Column('bigint', { name: 'profile_id', nullable: true }) profileId!: string | null;
  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 }) createdAt!: Date;
}

@Entity('events')
@Index('events_clicks', ['occurredAt', 'id'], { where: `name = 'click'` })
export class ProfileEvent {
  @PrimaryColumn('smallint') lane!: number;
  @PrimaryColumn('bigint', { name: 'profile_id' }) profileId!: string;
  @PrimaryColumn({ type: 'timestamptz', name: 'occurred_at', precision: 3 }) occurredAt!: Date;
  @PrimaryColumn('uuid') id!: string;
  @Column('bigint') @Generated('increment') seq!: string;
  @Column('text') name!: string;
  @Column('text') source!: string;
  @Column({ type: 'timestamptz', name: 'received_at', precision: 3 }) receivedAt!: Date;
  @Column('boolean', { name: 'is_time_corrected' }) isTimeCorrected!: boolean;
  @Column('jsonb') properties!: Record<string, unknown>;
  /** The numbers that it had before merges, by the profile whose it was then. */
  @Column('jsonb', { name: 'former_numbers', nullable: true }) formerNumbers!: Record<string, number> | null;
}

/** An event that names nothing but an awaited identifier. */
@Entity('waiting_events')
export class WaitingEvent {
  @PrimaryColumn('smallint') lane!: number;
  @PrimaryColumn('text') kind!: string;
  @PrimaryColumn('text') value!: string;
  @PrimaryColumn('uuid', { name: 'event_id' }) eventId!: string;
  @Column('jsonb') event!: unknown;
}

/** An alias of a former id that no customer has had yet: whoever comes under it is the owner. */
@Entity('awaited_aliases')
@Index('awaited_aliases_owner', ['ownerKind', 'ownerValue'])
export class AwaitedAlias {
  @PrimaryColumn('smallint') lane!: number;
  @PrimaryColumn('text') value!: string;
  @PrimaryColumn('text', { name: 'owner_kind' }) ownerKind!: string;
  @PrimaryColumn('text', { name: 'owner_value' }) ownerValue!: string;
  /** When it was last told of, by the day. */
  @Column({ type: 'timestamptz', name: 'noted_at', precision: 3, default: () => 'turnout_now()' }) notedAt!: Date;
}

@Entity('receipts')
export class Receipt {
  @PrimaryColumn('smallint') lane!: number;
  @PrimaryColumn('uuid', { name: 'event_id' }) eventId!: string;
  @Column('bytea') digest!: Buffer;
  @Column({ type: 'timestamptz', name: 'received_at', precision: 3 }) receivedAt!: Date;
}

/** Which sources tell of events of a name, and since when the data about them are complete. No row: none ever came. */
@Entity('event_histories')
export class EventHistory {
  @PrimaryColumn('text', { name: 'event_name' }) eventName!: string;
  @PrimaryColumn('text') source!: string;
  /** Of the name, whichever source it was declared of: the earliest of its rows. */
  @Column({ type: 'timestamptz', name: 'starts_at', precision: 3 }) startsAt!: Date;
}

/** When something last came from a source; `lags` counts how long after it happened, by class. */
@Entity('source_freshness')
export class SourceFreshnessRow {
  @PrimaryColumn('text') source!: string;
  @Column('bigint') events!: string;
  @Column({ type: 'timestamptz', name: 'last_received_at', precision: 3 }) lastReceivedAt!: Date;
  @Column({ type: 'timestamptz', name: 'last_occurred_at', precision: 3 }) lastOccurredAt!: Date;
  @Column('double precision', { array: true }) lags!: number[];
}

/** The longest time without an event of a source, of those that began in an hour. */
@Entity('source_silences')
export class SourceSilence {
  @PrimaryColumn('text') source!: string;
  @PrimaryColumn({ type: 'timestamptz', precision: 3 }) hour!: Date;
  @Column('bigint', { name: 'longest_ms' }) longestMs!: string;
}
