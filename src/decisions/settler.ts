import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { explainChoice, settle } from '../core/decide.js';
import type { History } from '../core/history.js';
import type { Instant, Milliseconds } from '../core/instant.js';
import { HistoryReader } from '../histories/history-reader.js';
import type { PlannedPoint } from '../journeys/plan-point.js';
import { OutboxStore } from '../outbox/outbox-store.js';
import { catalogueRevision } from '../platform/catalogue-revision.js';
import { now } from '../platform/clock.js';
import type { Transaction } from '../platform/database.js';
import { Nudger } from '../platform/nudger.js';
import { inSpan, traceparent } from '../platform/tracing/tracing.js';
import { DecisionListeners } from './decision-listeners.js';
import { DecisionStore, type DueDecision } from './decision-store.js';
import { toldOf } from './decision-writer.js';
import type { Decision, Judgement } from './decision.js';
import { FactsReader, type DeclaredFacts } from './facts-reader.js';
import { FreshnessReader, type FreshnessOf } from './freshness-reader.js';
import { InputStore, type Input } from './input-store.js';
import { PlannedInputs } from './planned-inputs.js';

/** How long until a decision that waits for a source is looked at again. */
const STALE_AGAIN: Milliseconds = 60_000;

interface Looked {
  decision: Decision;
  point: PlannedPoint;
  /** When it is due again; null: when an event comes. */
  dueAt: Instant | null;
}

interface Present {
  at: Instant;
  revision: number;
  facts: Input<DeclaredFacts>;
  freshnessOf: FreshnessOf;
}

/** Takes decisions for the rest of a transaction. */
type Claim = (tx: Transaction, at: Instant) => Promise<readonly DueDecision[]>;

/**
 * Settles open decisions: by the rules they were asked under and everything that is known of the profile now, each as of
 * the instant at which it could first be told. Claim, judge, write and owe are one transaction: once in effect, whatever
 * crashes.
 */
@Injectable()
export class Settler {
  constructor(
    private readonly dataSource: DataSource,
    private readonly decisions: DecisionStore,
    private readonly points: PlannedInputs,
    private readonly inputs: InputStore,
    private readonly histories: HistoryReader,
    private readonly facts: FactsReader,
    private readonly freshness: FreshnessReader,
    private readonly outbox: OutboxStore,
    private readonly nudger: Nudger,
    private readonly listeners: DecisionListeners,
  ) {}

  /** Looks at up to `most` due decisions of a lane; returns how many there were. */
  async settleLane(lane: number, most: number): Promise<number> {
    return this.inTransaction(async (tx, at) => this.decisions.claimDue(tx, lane, at, most));
  }

  /** Looks at some decisions, due or not; those that are not open any more are left alone. */
  async settle(ids: readonly string[]): Promise<void> {
    // One by one: who holds several rows might wait in a circle with whoever stores events.
    for (const id of ids) await this.inTransaction((tx) => this.decisions.claim(tx, id));
  }

  private inTransaction(claim: Claim): Promise<number> {
    return inSpan('settle', {}, () => this.claimAndSettle(claim));
  }

  private async claimAndSettle(claim: Claim): Promise<number> {
    const { claimed, owedTo, written } = await this.dataSource.transaction(async (tx) => {
      const at = await now(tx);
      const due = await claim(tx, at);
      if (due.length === 0) return { claimed: 0, owedTo: [], written: () => undefined };
      const looked = await this.look(tx, due, at);
      const written = await this.inputs.keep(tx, [looked.facts], at);
      await this.decisions.rewrite(tx, looked.all);
      const listeners = this.listeners.keys();
      const messages = looked.all.flatMap(({ decision, point }) =>
        point.isPushed ? toldOf(decision, listeners, traceparent()) : [],
      );
      await this.outbox.append(tx, messages);
      return { claimed: due.length, owedTo: messages.length > 0 ? listeners : [], written };
    });
    written();
    this.nudger.deliver(owedTo);
    return claimed;
  }

  private async look(
    tx: Transaction,
    due: readonly DueDecision[],
    at: Instant,
  ): Promise<{ all: Looked[]; facts: Input<DeclaredFacts> }> {
    const points = await this.points.of(
      tx,
      due.map((one) => one.rulesDigest),
    );
    const revision = await catalogueRevision(tx);
    const facts = await this.facts.current(tx, revision);
    const freshnessOf = await this.freshness.of(tx, [...points.values()], { asOf: at, facts: facts.content });
    const ids = [...new Set(due.map((one) => one.profileId))];
    const read = await this.histories.ofEach(tx, ids, {
      plans: [...points.values()].flatMap((point) => point.branches.map((branch) => branch.plan)),
      asOf: Math.min(...due.map((one) => one.askedAt)),
      revision,
    });
    const present = { at, revision, facts, freshnessOf };
    const all = due.map((decision) => {
      const { history, seq } = read.get(decision.profileId)!;
      return lookAt(decision, points.get(decision.rulesDigest!)!, { history, seq }, present);
    });
    return { all, facts };
  }
}

function lookAt(
  before: DueDecision,
  point: PlannedPoint,
  { history, seq }: { history: History; seq: number },
  { at, revision, facts, freshnessOf }: Present,
): Looked {
  const { freshness, isStale } = freshnessOf(point);
  const found = settle(point, history, { from: before.askedAt, until: at }, isStale);
  const { looked: _, ...choice } = found.choice;
  const decision: Decision = {
    ...before,
    ...choice,
    asOf: found.at,
    revision,
    judgedAs: before.profileId,
    knownSeq: seq,
    factsDigest: facts.digest,
    freshness,
    because: explainChoice(point, history, found.at, found.choice),
    pended: before.pended ?? judgementOf(before),
  };
  return { decision, point, dueAt: choice.reason === 'STALE' ? at + STALE_AGAIN : found.openUntil };
}

/** What was judged, without whose decision it is. */
function judgementOf(decision: Decision): Judgement {
  const { branch, matched, reason, asOf, settlesAt, changesAt } = decision;
  const { revision, judgedAs, knownSeq, rulesDigest, factsDigest, freshness, because } = decision;
  return {
    ...{ branch, matched, reason, asOf, settlesAt, changesAt },
    ...{ revision, judgedAs, knownSeq, rulesDigest, factsDigest, freshness, because },
  };
}
