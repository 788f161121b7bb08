import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A destination that was set up through the API. */
@Entity('destinations')
export class DestinationRow {
  @PrimaryColumn('text') key!: string;
  @Column('text') kind!: string;
  /** Without what is secret. */
  @Column('jsonb') settings!: Record<string, unknown>;
  /** What is secret, as JSON, encrypted; null: nothing. */
  @Column('bytea', { nullable: true }) secrets!: Buffer | null;
  /** What there is among the secrets; they themselves are never shown. */
  @Column('text', { name: 'secret_names', array: true }) secretNames!: string[];
  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 }) createdAt!: Date;
  @Column({ type: 'timestamptz', name: 'updated_at', precision: 3 }) updatedAt!: Date;
  /** Another one after every change. */
  @Column('uuid') revision!: string;
}
