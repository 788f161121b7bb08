import { Column, Entity, PrimaryColumn, PrimaryGeneratedColumn, Unique } from 'typeorm';

/** A named rule. Its id outlives deletion, so that the transition log stays whole. */
@Entity('segments')
@Unique('segments_key', ['key'])
export class Segment {
  @PrimaryGeneratedColumn('identity', { type: 'integer', generatedIdentity: 'ALWAYS' }) id!: number;
  @Column('text') key!: string;
  /** Null once deleted. */
  @Column('integer', { name: 'published_version', nullable: true }) publishedVersion!: number | null;
  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 }) createdAt!: Date;
}

/** What a segment says and where it is pushed; never changed once written. */
@Entity('segment_versions')
export class SegmentVersion {
  @PrimaryColumn('integer', { name: 'segment_id' }) segmentId!: number;
  @PrimaryColumn('integer') version!: number;
  @Column('json') rule!: unknown;
  @Column('jsonb') push!: SegmentPush[];
  /** The catalogue's revision that it brought. */
  @Column('bigint') revision!: string;
  @Column({ type: 'timestamptz', name: 'published_at', precision: 3 }) publishedAt!: Date;
}

/** One place where a segment's membership is pushed to: what the destination calls the segment. */
export interface SegmentPush {
  destination: string;
  segmentId: string;
  /** What people there call it, where it is made for this; as `segmentId` unless given. */
  name?: string;
  /** Whether one of this name that others made there may be taken over. */
  adopt?: boolean;
}
