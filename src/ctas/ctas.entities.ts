import { Check, Column, Entity, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';
import type { ClickClassSettings } from './click-class-settings.js';
import type { CtaPattern } from './cta-pattern.js';

/** One row at most: how clicks are classed where it is not as by default. */
@Entity('click_class_settings')
@Check('click_class_settings_one_row', 'is_only')
export class ClickClassSettingsRow {
  @PrimaryColumn('boolean', { name: 'is_only', default: true }) isOnly!: boolean;
  @Column('jsonb') settings!: ClickClassSettings;
  @Column({ type: 'timestamptz', name: 'updated_at', precision: 3 }) updatedAt!: Date;
}

/** A change after which past clicks are looked at again, and how far that has come. */
@Entity('reclassifications')
export class Reclassification {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' }) id!: string;
  /** What was changed, as `cta cart`. */
  @Column('text') about!: string;
  /** Clicks that none of these match are not touched; null: every click may be. */
  @Column('jsonb', { nullable: true }) patterns!: CtaPattern[] | null;
  @Column({ type: 'timestamptz', name: 'ordered_at', precision: 3 }) orderedAt!: Date;
  @Column({ type: 'timestamptz', name: 'started_at', precision: 3, nullable: true }) startedAt!: Date | null;
  @Column({ type: 'timestamptz', name: 'finished_at', precision: 3, nullable: true }) finishedAt!: Date | null;
  /** The oldest click looked at so far. */
  @Column({ type: 'timestamptz', name: 'before_at', precision: 3, nullable: true }) beforeAt!: Date | null;
  @Column('uuid', { name: 'before_id', nullable: true }) beforeId!: string | null;
  /** Clicks there were at the start. */
  @Column('bigint', { nullable: true }) total!: string | null;
  @Column('bigint', { default: 0 }) done!: string;
  /** Times that a profile was marked due. */
  @Column('bigint', { default: 0 }) profiles!: string;
}
