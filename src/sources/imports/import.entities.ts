import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ReadingState } from './file-reader.js';

/** A file that is, or was, imported, and how far. */
@Entity('imports')
export class ImportRow {
  @PrimaryColumn('text') id!: string;
  @Column('jsonb') options!: unknown;
  @Column('text') state!: 'running' | 'interrupted' | 'done';
  /** Counts who works at it: whoever takes it over ends the run before. */
  @Column('int') run!: number;
  @Column({ type: 'jsonb', nullable: true }) header!: ReadingState['header'];
  /** Of the whole file, where that is known. */
  @Column({ type: 'bigint', nullable: true }) size!: string | null;
  @Column('bigint') bytes!: string;
  /** CRC-32 of these bytes; null where an earlier release began. */
  @Column({ type: 'bigint', nullable: true }) checksum!: string | null;
  @Column('bigint') lines!: string;
  @Column('bigint') stored!: string;
  @Column('bigint') duplicates!: string;
  @Column('bigint') skipped!: string;
  @Column('bigint', { name: 'set_aside' }) setAside!: string;
  @Column('bigint', { name: 'too_old' }) tooOld!: string;
  @Column('text', { name: 'event_names', array: true }) eventNames!: string[];
  /** The names whose history was declared complete at the end. */
  @Column('text', { name: 'declared_names', array: true, nullable: true }) declaredNames!: string[] | null;
  @Column({ type: 'timestamptz', name: 'started_at', precision: 3 }) startedAt!: Date;
  @Column({ type: 'timestamptz', name: 'run_started_at', precision: 3 }) runStartedAt!: Date;
  @Column('bigint', { name: 'run_from_bytes' }) runFromBytes!: string;
  @Column('bigint', { name: 'run_from_lines' }) runFromLines!: string;
  @Column({ type: 'timestamptz', name: 'updated_at', precision: 3 }) updatedAt!: Date;
}

/** A line that could not be used; what stood there is in the file alone. */
@Entity('import_bad_lines')
export class ImportBadLine {
  @PrimaryColumn('text', { name: 'import_id' }) importId!: string;
  @PrimaryColumn('bigint') line!: string;
  @Column('text') reason!: string;
  @Column('text') problem!: string;
}
