import { Injectable } from '@nestjs/common';
import { decisionMessage, type OutboxMessage } from '../outbox/outbox-message.js';
import { OutboxStore } from '../outbox/outbox-store.js';
import type { Transaction } from '../platform/database.js';
import { holdLiving } from '../profiles/profile-lock.js';
import { answerOf } from './answer.js';
import { laneOf } from './decision-row.js';
import { DecisionStore } from './decision-store.js';
import type { Decision } from './decision.js';
import { DecisionListeners } from './decision-listeners.js';
import { inputOf, InputStore } from './input-store.js';
import type { Judged } from './judge.js';
import { PinStore } from './pin-store.js';

export interface WrittenDecisions {
  /** To be called once the transaction has committed. */
  written: () => void;
  /** Destinations that are owed something new. */
  owedTo: string[];
}

/** Keeps new decisions with all that they rest on, and owes destinations those that they are to hear of. */
@Injectable()
export class DecisionWriter {
  constructor(
    private readonly decisions: DecisionStore,
    private readonly inputs: InputStore,
    private readonly outbox: OutboxStore,
    private readonly listeners: DecisionListeners,
    private readonly pins: PinStore,
  ) {}

  async write(tx: Transaction, answered: readonly Judged[]): Promise<WrittenDecisions> {
    // Profiles first: whoever evaluates one of them may wait for a decision, and whoever settles that one for an input.
    const judged = await this.ofTheLiving(tx, answered);
    const inputs = new Map(
      judged.flatMap(({ point, facts }) => [inputOf(point.rules), facts]).map((one) => [one.digest, one]),
    );
    const askedAt = Math.max(...judged.map(({ decision }) => decision.askedAt));
    const written = await this.inputs.keep(tx, [...inputs.values()], askedAt);
    for (const one of judged) one.decision.because = one.explain();
    const news = await this.decisions.append(
      tx,
      judged.map((one) => one.decision),
    );
    const listeners = this.listeners.keys();
    const messages = judged.flatMap(({ decision, point, question }) =>
      point.isPushed && news.has(decision.id) ? toldOf(decision, listeners, question.traceparent) : [],
    );
    await this.outbox.append(tx, messages);
    return { written, owedTo: messages.length > 0 ? [...listeners] : [] };
  }

  /**
   * Since they were judged, a profile may have become part of another, whose decisions these are then; or it was erased, and
   * nothing of it is kept.
   */
  private async ofTheLiving(tx: Transaction, judged: readonly Judged[]): Promise<Judged[]> {
    const living = await holdLiving(
      tx,
      judged.flatMap(({ decision }) => decision.profileId ?? []),
    );
    const kept: Judged[] = [];
    const erased: string[] = [];
    for (const one of judged) {
      const { id, profileId } = one.decision;
      const now = profileId === null ? null : living.get(profileId);
      if (now === undefined) erased.push(id);
      else {
        one.decision.profileId = now;
        kept.push(one);
      }
    }
    await this.pins.remove(tx, erased);
    return kept;
  }
}

/**
 * What destinations are to hear of a decision: once a branch is chosen, for somebody we know, and that once each. `parent` is
 * the trace that it belongs to.
 */
export function toldOf(decision: Decision, listeners: readonly string[], parent: string | undefined): OutboxMessage[] {
  const { profileId, branch, id, asOf } = decision;
  if (profileId === null || branch === null) return [];
  const told = { id, occurredAt: asOf, data: { ...answerOf(decision) } };
  const traced = parent === undefined ? {} : { traceparent: parent };
  return listeners.map((key) => ({ ...decisionMessage({ lane: laneOf(decision), profileId }, key, told), ...traced }));
}
