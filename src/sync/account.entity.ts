import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Whose data a destination holds, such as a workspace. */
@Entity('destination_accounts')
export class DestinationAccount {
  @PrimaryColumn('text') destination!: string;
  @Column('text') account!: string;
  /** Since when it has been another one than before; null if it always was this one. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true }) since!: Date | null;
}
