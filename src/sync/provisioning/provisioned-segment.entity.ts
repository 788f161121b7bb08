import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A segment that a destination has to be made to hold, and what it is called there. It stays when the segment goes. */
@Entity('provisioned_segments')
export class ProvisionedSegment {
  @PrimaryColumn('text') destination!: string;
  /** What a segment's version calls it, and messages about it. */
  @PrimaryColumn('text', { name: 'segment_id' }) segmentId!: string;
  /** What people there call it, once it is made. */
  @Column('text') name!: string;
  @Column('boolean') adopt!: boolean;
  /** Raised by every request. */
  @Column('integer') version!: number;
  /** `pending`, `ready`, or `failed`, which needs a person. */
  @Column('text') state!: string;
  /** The account that holds it. */
  @Column('text', { nullable: true }) account!: string | null;
  /** The destination's own id of it. */
  @Column('text', { name: 'external_id', nullable: true }) externalId!: string | null;
  /** `made` or `adopted`. */
  @Column('text', { nullable: true }) origin!: string | null;
  /** What keeps it from being ready, or what is worth knowing of it. */
  @Column('text', { nullable: true }) problem!: string | null;
  @Column('integer', { default: 0 }) attempts!: number;
  /** When it is looked at; null when nothing is to be done, or when only a person can help. */
  @Column({ type: 'timestamptz', name: 'due_at', precision: 3, nullable: true }) dueAt!: Date | null;
  @Column('uuid', { nullable: true }) claim!: string | null;
  /** Until then it is one worker's. */
  @Column({ type: 'timestamptz', name: 'claimed_until', precision: 3, nullable: true }) claimedUntil!: Date | null;
  @Column({ type: 'timestamptz', name: 'ready_at', precision: 3, nullable: true }) readyAt!: Date | null;
}
