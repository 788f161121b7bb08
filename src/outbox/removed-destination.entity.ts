import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A destination that was removed a moment ago: whoever did not know yet may still have owed it something. */
@Entity('removed_destinations')
export class RemovedDestination {
  @PrimaryColumn('text') key!: string;
  @Column({ type: 'timestamptz', name: 'removed_at', precision: 3 }) removedAt!: Date;
}
