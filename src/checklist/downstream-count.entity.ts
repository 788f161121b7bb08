import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What a tool counted on a day of its time zone, for one value of a dimension. */
@Entity('downstream_counts')
export class DownstreamCount {
  @PrimaryColumn('text') tool!: string;
  @PrimaryColumn('text') metric!: string;
  @PrimaryColumn('text') dimension!: string;
  @PrimaryColumn('date') day!: string;
  @PrimaryColumn('text') value!: string;
  @Column('double precision') count!: number;
  @Column('text', { name: 'time_zone' }) timeZone!: string;
  @Column({ type: 'timestamptz', name: 'imported_at', precision: 3 }) importedAt!: Date;
}
