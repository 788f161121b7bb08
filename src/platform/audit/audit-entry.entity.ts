import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** One change that somebody made, written in the transaction that made it. */
@Entity('audit_log')
export class AuditEntry {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' }) id!: string;
  @Column({ type: 'timestamptz', precision: 3 }) at!: Date;
  /** Null: the service itself. */
  @Column('uuid', { name: 'api_key_id', nullable: true }) apiKeyId!: string | null;
  /** The route that was asked, such as "PUT /v1/segments/:key". */
  @Column('text') action!: string;
  /** What the route was asked about, by the names of its parameters. */
  @Column('jsonb') target!: Record<string, string>;
  /** What came of it, such as the number of the new version. */
  @Column('jsonb') detail!: ChangeDetail;
}

/** Numbers, and ids of our own making: nothing that somebody typed, which might be about a person. */
export type ChangeDetail = Record<string, string | number | boolean | readonly string[]>;
