import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { historyNeeded } from '../core/compile-rule.js';
import { decide, type Choice, type PlannedBranchPoint } from '../core/decide.js';
import { History } from '../core/history.js';
import type { Instant } from '../core/instant.js';
import { CtaStore } from '../ctas/cta-store.js';
import { JourneyStore } from '../journeys/journey-store.js';
import { decisionMessage } from '../outbox/outbox-message.js';
import { OutboxStore } from '../outbox/outbox-store.js';
import { catalogueRevision } from '../platform/catalogue-revision.js';
import { now } from '../platform/clock.js';
import type { Transaction } from '../platform/database.js';
import { laneOfProfile } from '../platform/lanes.js';
import { Nudger } from '../platform/nudger.js';
import { EventHistoryStore } from '../profiles/event-history-store.js';
import { EventStore } from '../profiles/event-store.js';
import type { Identifier } from '../profiles/identifier.js';
import { IdentifierStore } from '../profiles/identifier-store.js';
import { answerOf, type Decision } from './decision.js';
import { DecisionStore } from './decision-store.js';
import { ulid } from './ulid.js';

/** A journey or branch point that is asked for and doesn't exist. */
export class UnknownBranchPoint extends Error {}

export interface Question {
  journey: string;
  branchPoint: string;
  identifiers: readonly Identifier[];
}

/** Where decisions are pushed. */
const DESTINATION = 'customerio';

/** Answers which branch a profile takes, live: from the event log as of now, never from a membership that may be late. */
@Injectable()
export class Decider {
  constructor(
    private readonly dataSource: DataSource,
    private readonly journeys: JourneyStore,
    private readonly identifiers: IdentifierStore,
    private readonly events: EventStore,
    private readonly histories: EventHistoryStore,
    private readonly ctas: CtaStore,
    private readonly decisions: DecisionStore,
    private readonly outbox: OutboxStore,
    private readonly nudger: Nudger,
  ) {}

  /**
   * Decides and logs; a decision about somebody known is owed to the destination in the same transaction.
   * Throws {@link UnknownBranchPoint}.
   */
  async decide(question: Question): Promise<Decision> {
    const { decision, isPushed } = await this.dataSource.transaction(async (tx) => {
      const asOf = await now(tx);
      const revision = await catalogueRevision(tx);
      const journey = (await this.journeys.current(tx, revision)).get(question.journey);
      const point = journey?.branchPoints.get(question.branchPoint);
      if (!journey || !point) throw new UnknownBranchPoint(this.sayUnknown(question, journey?.branchPoints.keys()));
      const profileId = await this.identifiers.find(tx, question.identifiers);
      const choice =
        profileId === undefined ? forNobody(point) : await this.choose(tx, { point, profileId, asOf, revision });
      const decision: Decision = {
        id: ulid(asOf),
        profileId: profileId ?? null,
        journey: journey.key,
        journeyVersion: journey.version,
        branchPoint: question.branchPoint,
        asOf,
        revision,
        ...choice,
      };
      await this.decisions.append(tx, decision);
      const isPushed = point.isPushed && profileId !== undefined && decision.branch !== null;
      if (isPushed) await this.owe(tx, profileId, decision);
      return { decision, isPushed };
    });
    if (isPushed) this.nudger.deliver([DESTINATION]);
    return decision;
  }

  private async choose(
    tx: Transaction,
    about: { point: PlannedBranchPoint; profileId: number; asOf: Instant; revision: number },
  ): Promise<Choice> {
    const { point, profileId, asOf, revision } = about;
    const { names, lookback } = historyNeeded(point.branches.map((branch) => branch.plan));
    const classifier = await this.ctas.current(tx, revision);
    const need = classifier.needed(names);
    const wanted = { names: need.names, since: asOf - lookback - need.margin };
    const events = (await this.events.histories(tx, laneOfProfile(profileId), [profileId], wanted)).get(profileId)!;
    const known = { startsAt: await this.histories.current(tx, revision), profile: String(profileId) };
    return decide(point, History.inOrder(classifier.classify(events), known), asOf);
  }

  private async owe(tx: Transaction, profileId: number, decision: Decision): Promise<void> {
    const owner = { lane: laneOfProfile(profileId), profileId };
    const told = { id: decision.id, occurredAt: decision.asOf, data: { ...answerOf(decision) } };
    await this.outbox.append(tx, [decisionMessage(owner, DESTINATION, told)]);
  }

  private sayUnknown(question: Question, points: Iterable<string> | undefined): string {
    if (!points) return `There is no journey "${question.journey}".`;
    const known = [...points].map((point) => `"${point}"`).join(', ');
    return `Journey "${question.journey}" has no branch point "${question.branchPoint}"; it has ${known}.`;
  }
}

/** Somebody of whom nothing is known takes the default branch. */
function forNobody(point: PlannedBranchPoint): Choice {
  return { branch: point.defaultBranch, reason: 'DEFAULT', settlesAt: null, changesAt: null, because: [] };
}
