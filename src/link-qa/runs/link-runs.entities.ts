import { Column, Entity, Index, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';
import type { CheckedLink } from '../link-checker.js';
import type { LinkReport, QaLink } from '../qa-report.js';
import type { RunSettings } from './run-store.js';

/** A look at links, asked for or due. */
@Entity('link_runs')
@Index('link_runs_open', ['claimedUntil'], { where: `state IN ('waiting', 'running')` })
export class LinkRun {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' }) id!: string;
  @Column('text') name!: string;
  /** What kind of links it is about. */
  @Column('text') subject!: string;
  /** What was asked for beside the usual. */
  @Column('json') settings!: RunSettings;
  @Column('text') state!: string;
  @Column({ type: 'timestamptz', name: 'requested_at', precision: 3 }) requestedAt!: Date;
  @Column({ type: 'timestamptz', name: 'started_at', precision: 3, nullable: true }) startedAt!: Date | null;
  @Column({ type: 'timestamptz', name: 'finished_at', precision: 3, nullable: true }) finishedAt!: Date | null;
  /** Of the worker that is at it, until when it is left alone. */
  @Column('uuid', { nullable: true }) claim!: string | null;
  @Column({ type: 'timestamptz', name: 'claimed_until', precision: 3, nullable: true }) claimedUntil!: Date | null;
  /** How often in a row a worker took it and came to nothing. */
  @Column('smallint') tries!: number;
  @Column('text', { nullable: true }) problem!: string | null;
}

/** A link of a run, in the order of the report; as JSON, since what people write need not be text that can be kept. */
@Entity('link_run_links')
export class LinkRunLink {
  @PrimaryColumn('bigint', { name: 'run_id' }) runId!: string;
  @PrimaryColumn('integer') place!: number;
  @Column('json') link!: QaLink;
  @Column('text', { nullable: true }) outcome!: LinkReport['outcome'] | null;
  @Column('json', { nullable: true }) checked!: CheckedLink | null;
  @Column({ type: 'timestamptz', name: 'checked_at', precision: 3, nullable: true }) checkedAt!: Date | null;
}

/** What the latest look at a link found; longer kept than the run, and of the link only a digest. */
@Entity('link_checks')
@Index('link_checks_oldest', ['checkedAt'])
export class LinkCheck {
  @PrimaryColumn('bytea', { name: 'url_digest' }) urlDigest!: Buffer;
  @Column('text') outcome!: string;
  /** Kinds of findings, the gravest first. */
  @Column('text', { array: true }) codes!: string[];
  @Column({ type: 'timestamptz', name: 'checked_at', precision: 3 }) checkedAt!: Date;
  @Column('bigint', { name: 'run_id' }) runId!: string;
}
