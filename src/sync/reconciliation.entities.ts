import type { Discrepancy } from './drift-cause.js';
import { Column, Entity, Index, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';

/** One comparison of a segment at a destination with ours. */
@Entity('reconciliations')
@Index('reconciliations_subject', ['destination', 'externalSegmentId', 'requestedAt'])
@Index('reconciliations_open', ['requestedAt', 'id'], { where: 'finished_at IS NULL' })
export class Reconciliation {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' }) id!: string;
  @Column('text') destination!: string;
  @Column('text', { name: 'external_segment_id' }) externalSegmentId!: string;
  @Column({ type: 'timestamptz', name: 'requested_at', precision: 3 }) requestedAt!: Date;
  /** Until then it is one worker's. */
  @Column({ type: 'timestamptz', name: 'claimed_until', precision: 3, nullable: true }) claimedUntil!: Date | null;
  @Column({ type: 'timestamptz', name: 'started_at', precision: 3, nullable: true }) startedAt!: Date | null;
  @Column({ type: 'timestamptz', name: 'finished_at', precision: 3, nullable: true }) finishedAt!: Date | null;
  /** Whom the destination holds. */
  @Column('integer', { nullable: true }) held!: number | null;
  /** Members whom it does not hold; they are sent again. */
  @Column('integer', { nullable: true }) missing!: number | null;
  /** Whom it holds and should not; they are taken out. */
  @Column('integer', { nullable: true }) extra!: number | null;
  /** Whom it holds and we do not know by any identifier; they are left alone. */
  @Column('integer', { nullable: true }) strangers!: number | null;
  /** Why, as far as that is known. */
  @Column('jsonb', { nullable: true }) causes!: Discrepancy[] | null;
  /** Why it came to nothing. */
  @Column('text', { nullable: true }) problem!: string | null;
}

/** A profile that a run under way found at the destination. */
@Entity('reconciliation_members')
export class ReconciliationMember {
  @PrimaryColumn('bigint', { name: 'run_id' }) runId!: string;
  @PrimaryColumn('smallint') lane!: number;
  @PrimaryColumn('bigint', { name: 'profile_id' }) profileId!: string;
}
