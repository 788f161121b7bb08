import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Whether a profile is in a segment now, and when that changes by itself. No row: it never was, and never will by itself. */
@Entity('memberships')
@Index('memberships_members', ['segmentId', 'profileId'], { where: 'is_member' })
export class Membership {
  @PrimaryColumn('smallint') lane!: number;
  @PrimaryColumn('bigint', { name: 'profile_id' }) profileId!: string;
  @PrimaryColumn('integer', { name: 'segment_id' }) segmentId!: number;
  @Column('boolean', { name: 'is_member' }) isMember!: boolean;
  /** Of the last transition. */
  @Column('integer') ordinal!: number;
  /** The rule version it was last evaluated under. */
  @Column('integer') version!: number;
  @Column({ type: 'timestamptz', precision: 3 }) since!: Date;
  /** When it changes next if no event comes; null: never. */
  @Column({ type: 'timestamptz', name: 'due_at', precision: 3, nullable: true }) dueAt!: Date | null;
  /** The segments at destinations to which this state was last pushed: `customerio:7 crm:cart`. */
  @Column('text', { name: 'pushed_as', nullable: true }) pushedAs!: string | null;
}

/** One entry into or exit out of a segment, and why. Gapless and alternating, kept so by its key and its check. */
@Entity('transitions')
@Index('transitions_segment', ['segmentId', 'at'])
@Check('transitions_alternate', `ordinal > 0 AND kind = CASE WHEN ordinal % 2 = 1 THEN 'entered' ELSE 'exited' END`)
export class Transition {
  @PrimaryColumn('smallint') lane!: number;
  @PrimaryColumn('bigint', { name: 'profile_id' }) profileId!: string;
  @PrimaryColumn('integer', { name: 'segment_id' }) segmentId!: number;
  @PrimaryColumn('integer') ordinal!: number;
  @Column('text') kind!: string;
  /** The instant as of which the membership changed; for a change by time, exactly the instant it was due. */
  @Column({ type: 'timestamptz', precision: 3 }) at!: Date;
  @Column('integer') version!: number;
  @Column('text') cause!: string;
  @Column('uuid', { name: 'cause_event_id', nullable: true }) causeEventId!: string | null;
  /** When the service wrote it. */
  @Column({ type: 'timestamptz', name: 'recorded_at', precision: 3 }) recordedAt!: Date;
}

/** A lane whose profiles are being marked due after a rule change, and how far that has come. */
@Entity('backfills')
export class Backfill {
  @PrimaryColumn('smallint') lane!: number;
  @Column('bigint', { name: 'after_id' }) afterId!: string;
  @Column({ type: 'timestamptz', name: 'effective_at', precision: 3 }) effectiveAt!: Date;
}
