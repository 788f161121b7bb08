import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** A signed delivery that could not be used, whole, with the reason. */
@Entity('dead_letters')
@Index('dead_letters_source', ['source'])
export class DeadLetter {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' }) id!: string;
  @Column('text') source!: string;
  @Column('text') reason!: string;
  @Column('text') problem!: string;
  @Column('bytea') body!: Buffer;
  @Column({ type: 'timestamptz', name: 'received_at', precision: 3 }) receivedAt!: Date;
}
