import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { CtaPattern } from './cta-pattern.js';

/** A call to action with a stable key, found again in links by its patterns. */
@Entity('ctas')
export class Cta {
  @PrimaryColumn('text') key!: string;
  @Column('text', { nullable: true }) kind!: string | null;
  @Column('jsonb') patterns!: CtaPattern[];
  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 }) createdAt!: Date;
  @Column({ type: 'timestamptz', name: 'updated_at', precision: 3 }) updatedAt!: Date;
}
