import { Column, Entity, PrimaryColumn } from 'typeorm';

/** When a source was last refused for its signature: the sign of a wrong key. */
@Entity('source_refusals')
export class SourceRefusal {
  @PrimaryColumn('text') source!: string;
  @Column({ type: 'timestamptz', name: 'refused_at', precision: 3 }) refusedAt!: Date;
}
