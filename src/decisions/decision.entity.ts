import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { DecisionBecause } from './decision.js';

/** A branch decision as it was answered, with what it rested on. */
@Entity('decisions')
@Index('decisions_profile', ['lane', 'profileId'])
export class DecisionRecord {
  @PrimaryColumn('smallint') lane!: number;
  @PrimaryColumn('text') id!: string;
  /** Null when the identifiers led to nobody. */
  @Column('bigint', { name: 'profile_id', nullable: true }) profileId!: string | null;
  @Column('text', { name: 'journey_key' }) journeyKey!: string;
  @Column('integer', { name: 'journey_version' }) journeyVersion!: number;
  @Column('text', { name: 'branch_point' }) branchPoint!: string;
  /** Null while the decision is pending. */
  @Column('text', { nullable: true }) branch!: string | null;
  @Column('text') reason!: string;
  @Column({ type: 'timestamptz', name: 'as_of', precision: 3 }) asOf!: Date;
  @Column({ type: 'timestamptz', name: 'settles_at', precision: 3, nullable: true }) settlesAt!: Date | null;
  @Column({ type: 'timestamptz', name: 'changes_at', precision: 3, nullable: true }) changesAt!: Date | null;
  @Column('bigint', { name: 'catalogue_revision' }) catalogueRevision!: string;
  @Column('jsonb') because!: DecisionBecause;
}
