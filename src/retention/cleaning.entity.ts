import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How far the removal of one kind of thing has come in a lane. */
@Entity('cleanings')
export class CleaningRow {
  @PrimaryColumn('text') kind!: string;
  @PrimaryColumn('smallint') lane!: number;
  @Column('text') after!: string;
  /** When the last pass was done; null while one is under way. */
  @Column({ type: 'timestamptz', name: 'done_at', precision: 3, nullable: true }) doneAt!: Date | null;
}
