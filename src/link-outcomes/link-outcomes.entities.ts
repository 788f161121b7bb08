import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Somebody whose clicks, or what they led to, may have to be told. */
@Entity('link_outcomes_due')
@Index('link_outcomes_due_at', ['dueAt'])
export class LinkOutcomeDue {
  @PrimaryColumn('smallint') lane!: number;
  @PrimaryColumn('bigint', { name: 'profile_id' }) profileId!: string;
  @Column({ type: 'timestamptz', name: 'due_at', precision: 3 }) dueAt!: Date;
}

/** An event that a destination was told of, kept until it is too old to be told at all. */
@Entity('link_outcomes_told')
@Index('link_outcomes_told_at', ['toldAt'])
export class LinkOutcomeTold {
  @PrimaryColumn('smallint') lane!: number;
  @PrimaryColumn('bigint', { name: 'profile_id' }) profileId!: string;
  @PrimaryColumn('text') destination!: string;
  @PrimaryColumn('uuid', { name: 'event_id' }) eventId!: string;
  @Column({ type: 'timestamptz', name: 'told_at', precision: 3 }) toldAt!: Date;
}

/** Since when a destination hears of something; none where it does not. */
@Entity('link_outcomes_heard')
export class LinkOutcomeHeard {
  @PrimaryColumn('text') destination!: string;
  @PrimaryColumn('text') kind!: string;
  @Column({ type: 'timestamptz', precision: 3 }) since!: Date;
}
