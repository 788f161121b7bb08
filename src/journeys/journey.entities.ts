import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { JourneyAllocations } from './allocations.js';
import type { BranchPoints, HoldoutDefinition } from './journey.js';

@Entity('journeys')
export class Journey {
  @PrimaryColumn('text') key!: string;
  @Column('integer') version!: number;
  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 }) createdAt!: Date;
  /** Null while it is asked. */
  @Column({ type: 'timestamptz', name: 'removed_at', precision: 3, nullable: true }) removedAt!: Date | null;
}

/** A journey's branch points as they were declared; never changed once written. */
@Entity('journey_versions')
export class JourneyVersion {
  @PrimaryColumn('text', { name: 'journey_key' }) journeyKey!: string;
  @PrimaryColumn('integer') version!: number;
  @Column('json', { name: 'branch_points' }) branchPoints!: BranchPoints;
  @Column('json', { nullable: true }) holdout!: HoldoutDefinition | null;
  /** Which places the splits give to whom; null in versions from before there were splits. */
  @Column('json', { nullable: true }) allocations!: JourneyAllocations | null;
  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 }) createdAt!: Date;
}
