import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Transition } from '../core/membership.js';
import { HistoryReader } from '../histories/history-reader.js';
import { OutboxStore } from '../outbox/outbox-store.js';
import { afterCommit } from '../platform/after-commit.js';
import { presentOf, type Present } from '../platform/catalogue-revision.js';
import { now } from '../platform/clock.js';
import { answersOf, type Transaction } from '../platform/database.js';
import { inTurns } from '../platform/in-turns.js';
import { inSpan } from '../platform/tracing/tracing.js';
import { Metrics } from '../platform/metrics/metrics.js';
import { WORKER_SETTINGS, type WorkerSettings } from '../platform/worker-settings.js';
import type { DueProfile } from '../profiles/due-profile.js';
import { SegmentStore, type PublishedSegment, type PublishedSegments } from '../segments/segment-store.js';
import { EvaluationFollowers } from './evaluation-followers.js';
import { MembershipStore } from './membership-store.js';
import { changesOf } from './profile-changes.js';
import { tracedMessages } from './traced-messages.js';
import { unpromptedSegments } from './unprompted-segments.js';

/** What one batch did. */
export interface EvaluatedBatch {
  profiles: number;
  transitions: number;
  /** Destinations that are owed something new. */
  owedTo: string[];
}

const NOTHING: EvaluatedBatch = { profiles: 0, transitions: 0, owedTo: [] };

/** Brings due profiles up to date: claim, load, ask the core, write, all in one transaction. */
@Injectable()
export class MembershipEvaluator {
  /** By what is in force under a revision. */
  private readonly unprompted = new WeakMap<PublishedSegments, readonly PublishedSegment[]>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly memberships: MembershipStore,
    private readonly histories: HistoryReader,
    private readonly segments: SegmentStore,
    private readonly outbox: OutboxStore,
    private readonly followers: EvaluationFollowers,
    private readonly metrics: Metrics,
    @Inject(WORKER_SETTINGS) private readonly settings: WorkerSettings,
  ) {}

  /** Evaluates up to `most` due profiles of a lane. Nothing is lost by a crash: what was claimed is due again. */
  async evaluateBatch(lane: number, most: number): Promise<EvaluatedBatch> {
    return inSpan('evaluate', { attributes: { 'turnout.lane': lane } }, () => this.claimAndEvaluate(lane, most));
  }

  private claimAndEvaluate(lane: number, most: number): Promise<EvaluatedBatch> {
    return this.dataSource.transaction(async (tx) => {
      const at = await now(tx);
      const due = await this.memberships.claimDue(tx, lane, at, most);
      if (due.length === 0) return NOTHING;
      // The longest due comes first.
      this.metrics.evaluationLag.observe((at - due[0]!.dueAt) / 1000);
      // After the claim: a rule published before it is seen, and one published later waits for these rows and makes them
      // due again.
      return this.bringUpToDate(tx, due, await presentOf(tx));
    });
  }

  /** Brings one profile, whose row the transaction holds, to the present if it is due. */
  async evaluateOne(tx: Transaction, profileId: number): Promise<EvaluatedBatch> {
    const present = await presentOf(tx);
    return this.bringUpToDate(tx, await this.memberships.dueOne(tx, profileId, present.now), present);
  }

  /** Brings profiles whose rows the transaction holds to the present, which was asked for after they were locked. */
  async bringUpToDate(
    tx: Transaction,
    due: readonly DueProfile[],
    { now, revision, rulesRevision }: Present,
  ): Promise<EvaluatedBatch> {
    if (due.length === 0) return NOTHING;
    const segments = await this.segments.current(tx, revision);
    const ids = due.map((one) => one.id);
    const wanted = {
      plans: segments.all.map((segment) => segment.plan),
      asOf: Math.min(...due.map((one) => one.dueAt)),
      revision,
    };
    const [read, held] = await answersOf(this.histories.ofAll(tx, due, wanted), this.memberships.held(tx, ids));
    const unprompted = await this.unpromptedOf(tx, segments, revision);
    const context = { segments, rulesRevision, now, unprompted, settleDelay: this.settings.settleDelayMs };
    const changes = await inTurns(due, (profile) => {
      const { history, news } = read.get(profile.id)!;
      return changesOf(profile, history, held.get(profile.id) ?? [], news, context);
    });
    const seqs = new Map(ids.map((id) => [id, read.get(id)!.seq]));
    const messages = changes.flatMap(tracedMessages);
    await answersOf(
      this.memberships.write(tx, { revision, seqs, changes }),
      this.outbox.append(tx, messages),
      this.followers.afterEvaluation(tx, ids, now),
    );
    const transitions = changes.flatMap((one) => one.memberships.flatMap((change) => change.transitions));
    // A transaction that is run again counts once.
    afterCommit(tx, () => {
      this.metrics.evaluated.inc(due.length);
      this.countTransitions(transitions);
    });
    const owedTo = [...new Set(messages.map((one) => one.destination))];
    return { profiles: due.length, transitions: transitions.length, owedTo };
  }

  /** Once a kind and cause, not once a transition. */
  private countTransitions(transitions: readonly Transition[]): void {
    const tally = new Map<string, { kind: Transition['kind']; cause: string; count: number }>();
    for (const { kind, cause } of transitions) {
      const key = `${kind} ${cause.kind}`;
      const known = tally.get(key);
      if (known) known.count += 1;
      else tally.set(key, { kind, cause: cause.kind, count: 1 });
    }
    for (const { kind, cause, count } of tally.values()) this.metrics.transitions.inc({ kind, cause }, count);
  }

  private async unpromptedOf(
    tx: Transaction,
    segments: PublishedSegments,
    revision: number,
  ): Promise<readonly PublishedSegment[]> {
    const known = this.unprompted.get(segments);
    if (known) return known;
    const found = unpromptedSegments(segments, await this.histories.startsAt(tx, revision));
    this.unprompted.set(segments, found);
    return found;
  }
}
