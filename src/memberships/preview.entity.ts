import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { PreviewResult } from './preview-result.js';

/** A rule counted over everybody; kept for a day. */
@Entity('rule_previews')
export class RulePreview {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' }) id!: string;
  @Column('json') rule!: unknown;
  @Column('text') state!: string;
  @Column({ type: 'timestamptz', name: 'as_of', precision: 3 }) asOf!: Date;
  @Column('bigint') profiles!: string;
  @Column('bigint') judged!: string;
  @Column('json', { nullable: true }) result!: PreviewResult | null;
  @Column({ type: 'timestamptz', name: 'finished_at', precision: 3, nullable: true }) finishedAt!: Date | null;
}
