import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { ChoiceBecause } from '../core/decide.js';
import type { Freshness, Judgement, Revision } from './decision.js';

/** A branch decision as it stands, with what it rested on. */
@Entity('decisions')
@Index('decisions_profile', ['lane', 'profileId'])
@Index('decisions_due', ['lane', 'dueAt'], { where: 'due_at IS NOT NULL' })
@Index('decisions_open', ['lane', 'profileId'], { where: 'due_at IS NOT NULL' })
@Index('decisions_review', ['lane', 'reviewAt'], { where: 'review_at IS NOT NULL' })
@Index('decisions_id', ['id'])
@Index('decisions_point', ['journeyKey', 'branchPoint', 'id'])
export class DecisionRecord {
  @PrimaryColumn('smallint') lane!: number;
  @PrimaryColumn('text') id!: string;
  /** Null when the identifiers led to nobody. */
  @Column('bigint', { name: 'profile_id', nullable: true }) profileId!: string | null;
  @Column('text', { name: 'journey_key' }) journeyKey!: string;
  @Column('integer', { name: 'journey_version' }) journeyVersion!: number;
  @Column('text', { name: 'branch_point' }) branchPoint!: string;
  /** Null while the decision is open. */
  @Column('text', { nullable: true }) branch!: string | null;
  @Column('text') reason!: string;
  /** The instant as of which the branch was chosen; for one that was settled, when it was due. */
  @Column({ type: 'timestamptz', name: 'as_of', precision: 3 }) asOf!: Date;
  @Column({ type: 'timestamptz', name: 'settles_at', precision: 3, nullable: true }) settlesAt!: Date | null;
  @Column({ type: 'timestamptz', name: 'changes_at', precision: 3, nullable: true }) changesAt!: Date | null;
  @Column('bigint', { name: 'catalogue_revision' }) catalogueRevision!: string;
  @Column('jsonb') because!: ChoiceBecause;
  @Column('text', { name: 'run_key', nullable: true }) runKey!: string | null;
  /** What places somebody unknown in splits. */
  @Column('text', { nullable: true }) stranger!: string | null;
  /** The branch whose rule was true, whatever arm of it was taken. */
  @Column('text', { nullable: true }) matched!: string | null;
  @Column('text', { name: 'error_code', nullable: true }) errorCode!: string | null;
  @Column({ type: 'timestamptz', name: 'asked_at', precision: 3 }) askedAt!: Date;
  /** The profile that it was then; it may have become part of another since. */
  @Column('bigint', { name: 'judged_as', nullable: true }) judgedAs!: string | null;
  /** The newest of its events that was known. */
  @Column('bigint', { name: 'known_seq', default: 0 }) knownSeq!: string;
  /** Null in decisions from before they could be replayed. */
  @Column('text', { name: 'rules_digest', nullable: true }) rulesDigest!: string | null;
  @Column('text', { name: 'facts_digest', nullable: true }) factsDigest!: string | null;
  @Column('jsonb', { nullable: true }) freshness!: Freshness[] | null;
  /** What was answered first, where that was that one has to wait. */
  @Column('jsonb', { nullable: true }) pended!: Judgement | null;
  /** When an open decision is to be looked at again. */
  @Column({ type: 'timestamptz', name: 'due_at', precision: 3, nullable: true }) dueAt!: Date | null;
  /** Since when it is to be asked whether it still holds. */
  @Column({ type: 'timestamptz', name: 'review_at', precision: 3, nullable: true }) reviewAt!: Date | null;
  @Column('bigint', { name: 'reviewed_seq', default: 0 }) reviewedSeq!: string;
  @Column('jsonb', { nullable: true }) revised!: Revision | null;
}

/** What decisions rest on besides events, by a digest of its content. */
@Entity('decision_inputs')
export class DecisionInput {
  @PrimaryColumn('text') digest!: string;
  @Column('json') content!: unknown;
  /** No decision that was asked a day later or more rests on it, unless it was kept again. */
  @Column({ type: 'timestamptz', name: 'kept_at', precision: 3, default: () => 'turnout_now()' }) keptAt!: Date;
}

/** Which decision a run of a journey, or a request, is answered by. */
@Entity('decision_pins')
@Index('decision_pins_decision', ['decisionId'])
export class DecisionPin {
  @PrimaryColumn('smallint') lane!: number;
  @PrimaryColumn('text', { name: 'journey_key' }) journeyKey!: string;
  @PrimaryColumn('text', { name: 'branch_point' }) branchPoint!: string;
  @PrimaryColumn('text') kind!: string;
  @PrimaryColumn('text', { name: 'pin_key' }) pinKey!: string;
  @Column('text', { name: 'request_digest' }) requestDigest!: string;
  @Column('text', { name: 'decision_id' }) decisionId!: string;
}
