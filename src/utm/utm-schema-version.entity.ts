import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { UtmSchema } from './utm-schema.js';

/** A version of how links are named. Never changed: a later version takes precedence from its own `validFrom` on. */
@Entity('utm_schema_versions')
export class UtmSchemaVersion {
  @PrimaryColumn('integer') version!: number;
  /** Kept as text: the order of keys and channels means something. */
  @Column('json') schema!: UtmSchema;
  @Column({ type: 'timestamptz', name: 'valid_from', precision: 3 }) validFrom!: Date;
  /** Why it does not begin with a quarter; null for one that does, and for the first. */
  @Column('text', { name: 'mid_period_reason', nullable: true }) midPeriodReason!: string | null;
  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 }) createdAt!: Date;
}
