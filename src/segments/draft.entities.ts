import { Column, Entity, PrimaryColumn, PrimaryGeneratedColumn, Unique } from 'typeorm';
import type { SegmentPush } from './segment.entities.js';
import type { LaneFindings } from './shadow-findings.js';

/** The edit of a segment that is not in force yet: one at most. */
@Entity('segment_drafts')
@Unique('segment_drafts_segment', ['segmentId'])
export class SegmentDraft {
  /** New with each edit. */
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' }) id!: string;
  @Column('integer', { name: 'segment_id' }) segmentId!: number;
  @Column('json') rule!: unknown;
  @Column('jsonb') push!: SegmentPush[];
  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 }) createdAt!: Date;
}

/** A draft computed over all profiles as of one instant, beside what is in force; the last one of a segment. */
@Entity('segment_shadows')
@Unique('segment_shadows_segment', ['segmentId'])
export class SegmentShadow {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' }) id!: string;
  @Column('integer', { name: 'segment_id' }) segmentId!: number;
  @Column('bigint', { name: 'draft_id' }) draftId!: string;
  @Column('json') rule!: unknown;
  @Column('jsonb') push!: SegmentPush[];
  /** The catalogue's revision that it was computed under. */
  @Column('bigint') revision!: string;
  @Column({ type: 'timestamptz', name: 'as_of', precision: 3 }) asOf!: Date;
  @Column('text') state!: string;
  /** How many there were when it began. */
  @Column('bigint') profiles!: string;
  @Column({ type: 'timestamptz', name: 'finished_at', precision: 3, nullable: true }) finishedAt!: Date | null;
}

/** How far a shadow has come in a lane, and what it found there. */
@Entity('segment_shadow_lanes')
export class SegmentShadowLane {
  @PrimaryColumn('bigint', { name: 'shadow_id' }) shadowId!: string;
  @PrimaryColumn('smallint') lane!: number;
  @Column('bigint', { name: 'after_id' }) afterId!: string;
  @Column('bigint') profiles!: string;
  @Column('boolean', { name: 'is_done' }) isDone!: boolean;
  @Column('json') findings!: LaneFindings;
}
