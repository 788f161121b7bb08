import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Address, OutboxPayload } from './outbox-message.js';

/** The latest state owed to a destination about one profile and subject, and how far its delivery has come. */
@Entity('outbox')
@Index('outbox_due', ['lane', 'destination', 'priority', 'dueAt'], { where: 'due_at IS NOT NULL' })
@Index('outbox_failed', ['failedAt'], { where: 'failed_at IS NOT NULL' })
export class OutboxRow {
  @PrimaryColumn('smallint') lane!: number;
  @PrimaryColumn('bigint', { name: 'profile_id' }) profileId!: string;
  @PrimaryColumn('text') destination!: string;
  @PrimaryColumn('text') subject!: string;
  /** Raised by every change of the desired state; an older one is never sent after a newer one was accepted. */
  @Column('integer') version!: number;
  @Column('jsonb') payload!: OutboxPayload;
  /** Others under whom the destination may still know the profile: they leave before the state is stated. */
  @Column('jsonb', { nullable: true }) leaving!: Address[] | null;
  /** When to send; null when nothing is owed, or when only a person can help. */
  @Column({ type: 'timestamptz', name: 'due_at', precision: 3, nullable: true }) dueAt!: Date | null;
  /** What is sent first: 0 for what somebody did or time brought, 1 for what comes of looking at everybody again. */
  @Column('smallint', { default: 0 }) priority!: number;
  /** Whether the destination is known to hold the profile as a member; null after a send of unknown outcome, and for decisions. */
  @Column('boolean', { nullable: true }) holds!: boolean | null;
  @Column('integer', { default: 0 }) attempts!: number;
  /** How often in a row the destination turned out not to hold what it had accepted. */
  @Column('smallint', { default: 0 }) repairs!: number;
  @Column('uuid', { nullable: true }) claim!: string | null;
  /** Until then nobody else may send it. */
  @Column({ type: 'timestamptz', name: 'claimed_until', precision: 3, nullable: true }) claimedUntil!: Date | null;
  @Column('integer', { name: 'claimed_version', nullable: true }) claimedVersion!: number | null;
  @Column('integer', { name: 'accepted_version', nullable: true }) acceptedVersion!: number | null;
  /** When the destination last accepted a state of it. */
  @Column({ type: 'timestamptz', name: 'settled_at', precision: 3, nullable: true }) settledAt!: Date | null;
  @Column({ type: 'timestamptz', name: 'failed_at', precision: 3, nullable: true }) failedAt!: Date | null;
  @Column('text', { nullable: true }) failure!: string | null;
  /** The trace of what brought it about, as W3C Trace Context writes it. */
  @Column('text', { nullable: true }) traceparent!: string | null;
}
