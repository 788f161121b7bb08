import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CtaStore } from '../ctas/cta-store.js';
import { historyNeeded } from '../core/compile-rule.js';
import { History } from '../core/history.js';
import type { Instant, Milliseconds } from '../core/instant.js';
import { OutboxStore } from '../outbox/outbox-store.js';
import { catalogueRevision } from '../platform/catalogue-revision.js';
import { now } from '../platform/clock.js';
import type { Transaction } from '../platform/database.js';
import { RETENTION_MS } from '../platform/retention.js';
import { WORKER_SETTINGS, type WorkerSettings } from '../platform/worker-settings.js';
import { EventHistoryStore } from '../profiles/event-history-store.js';
import { EventStore } from '../profiles/event-store.js';
import { laneOfProfile } from '../platform/lanes.js';
import { SegmentStore } from '../segments/segment-store.js';
import { EvaluationFollowers } from './evaluation-followers.js';
import { MembershipStore } from './membership-store.js';
import { changesOf, type DueProfile, type EvaluationContext, type ProfileChanges } from './profile-changes.js';

/** What one batch did. */
export interface EvaluatedBatch {
  profiles: number;
  transitions: number;
  /** Destinations that are owed something new. */
  owedTo: string[];
}

/** Brings due profiles up to date: claim, load, ask the core, write, all in one transaction of one lane. */
@Injectable()
export class MembershipEvaluator {
  constructor(
    private readonly dataSource: DataSource,
    private readonly memberships: MembershipStore,
    private readonly events: EventStore,
    private readonly histories: EventHistoryStore,
    private readonly ctas: CtaStore,
    private readonly segments: SegmentStore,
    private readonly outbox: OutboxStore,
    private readonly followers: EvaluationFollowers,
    @Inject(WORKER_SETTINGS) private readonly settings: WorkerSettings,
    @Inject(RETENTION_MS) private readonly retention: Milliseconds,
  ) {}

  /** Evaluates up to `most` due profiles of a lane. Nothing is lost by a crash: what was claimed is due again. */
  async evaluateBatch(lane: number, most: number): Promise<EvaluatedBatch> {
    return this.dataSource.transaction(async (tx) => {
      const at = await now(tx);
      const due = await this.memberships.claimDue(tx, lane, at, most);
      return this.bringUpToDate(tx, lane, due, at);
    });
  }

  /** Brings one profile, whose row the transaction holds, to the present if it is due. */
  async evaluateOne(tx: Transaction, profileId: number): Promise<EvaluatedBatch> {
    const at = await now(tx);
    const lane = laneOfProfile(profileId);
    return this.bringUpToDate(tx, lane, await this.memberships.dueOne(tx, lane, profileId, at), at);
  }

  private async bringUpToDate(
    tx: Transaction,
    lane: number,
    due: readonly DueProfile[],
    at: Instant,
  ): Promise<EvaluatedBatch> {
    if (due.length === 0) return { profiles: 0, transitions: 0, owedTo: [] };
    // After the rows are held: a rule published before it is seen, and one published later waits for these rows and makes
    // them due again.
    const revision = await catalogueRevision(tx);
    const segments = await this.segments.current(tx, revision);
    const { changes, seqs } = await this.evaluate(tx, lane, due, {
      ...{ segments, revision, now: at },
      settleDelay: this.settings.settleDelayMs,
    });
    await this.memberships.write(tx, { lane, revision, seqs, changes });
    const messages = changes.flatMap((one) => one.messages);
    await this.outbox.append(tx, messages);
    const ids = due.map((one) => one.id);
    await this.followers.afterEvaluation(tx, ids, at);
    const transitions = changes.flatMap((one) => one.memberships.flatMap((change) => change.transitions));
    const owedTo = [...new Set(messages.map((one) => one.destination))];
    return { profiles: due.length, transitions: transitions.length, owedTo };
  }

  private async evaluate(
    tx: Transaction,
    lane: number,
    due: readonly DueProfile[],
    context: EvaluationContext,
  ): Promise<{ changes: ProfileChanges[]; seqs: Map<number, number> }> {
    const ids = due.map((one) => one.id);
    const { names, lookback } = historyNeeded(context.segments.all.map((segment) => segment.plan));
    const classifier = await this.ctas.current(tx, context.revision);
    const need = classifier.needed(names);
    const since = Math.min(...due.map((one) => one.dueAt)) - lookback - need.margin;
    const loaded = await this.events.histories(tx, lane, ids, { names: need.names, since });
    const held = await this.memberships.held(tx, lane, ids);
    const startsAt = await this.histories.current(tx, context.revision);
    const seqs = new Map<number, number>();
    const changes = due.map((profile) => {
      const events = loaded.get(profile.id)!;
      seqs.set(profile.id, Math.max(0, ...events.map((event) => event.seq)));
      const raw = events.map((event) => ({ ...event, isNew: event.seq > profile.evaluatedSeq }));
      const known = classifier.classify(raw);
      const history = History.inOrder(known, { startsAt, profile: String(profile.id), retention: this.retention });
      const news = { events: known.filter((event) => event.isNew), reclassified: classifier.reclassified(raw) };
      return changesOf(profile, history, held.get(profile.id) ?? [], news, context);
    });
    return { changes, seqs };
  }
}
