import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Instant } from '../core/instant.js';
import { canUndo } from '../core/net-purchases.js';
import { now } from '../platform/clock.js';
import type { Transaction } from '../platform/database.js';
import type { DueDecision } from './decision-store.js';
import type { Revision } from './decision.js';
import type { NumberedEvent } from '../profiles/histories-of-many.js';
import { PastJudge, type Past } from './past-judge.js';
import { ReviewStore } from './review-store.js';

const MOST_EVIDENCE = 5;

/**
 * Asks decisions whether they still hold, knowing what has come in since: events that were late, purchases that were undone,
 * clicks that are seen otherwise. As of the same instant, by the same rules and declared facts.
 */
@Injectable()
export class Reviser {
  constructor(
    private readonly dataSource: DataSource,
    private readonly reviews: ReviewStore,
    private readonly judge: PastJudge,
  ) {}

  /** Reviews up to `most` decisions of a lane; returns how many there were. */
  async reviewLane(lane: number, most: number): Promise<number> {
    return this.dataSource.transaction(async (tx) => {
      const at = await now(tx);
      const due = await this.reviews.claimDue(tx, lane, at, most);
      const reviewed = [];
      for (const decision of due) reviewed.push({ decision, ...(await this.review(tx, decision, at)) });
      await this.reviews.note(tx, reviewed);
      return due.length;
    });
  }

  private async review(
    tx: Transaction,
    decision: DueDecision,
    at: Instant,
  ): Promise<{ revised: Revision | null; seq: number }> {
    const past = await this.judge.past(tx, decision, decision);
    if (!past) return { revised: null, seq: Number.MAX_SAFE_INTEGER };
    const seq = past.events.reduce((newest, event) => Math.max(newest, event.seq), decision.knownSeq);
    return { revised: this.revisionOf(past, decision, at), seq };
  }

  /** Undefined causes are none: what is known now is added step by step, and the first step that tells otherwise is named. */
  private revisionOf(past: Past, decision: DueDecision, at: Instant): Revision | null {
    const { asOf, branch } = decision;
    const isNew = (event: NumberedEvent): boolean => !past.isKnown(event);
    const known = past.events.filter(past.isKnown);
    const isLate = (event: NumberedEvent): boolean => event.occurredAt <= asOf && past.isAskedFor(event.name);
    const late = past.events.filter((event) => isNew(event) && !canUndo(event) && isLate(event));
    const undone = past.events.filter((event) => isNew(event) && canUndo(event));
    // What came after it, or no rule is about, can still tell what earlier clicks were.
    const telling = past.events.filter((event) => isNew(event) && !canUndo(event) && !isLate(event));
    // A purchase that was undone later never counted, in hindsight.
    const ended = undone.map((event) => ({ ...event, occurredAt: Math.min(event.occurredAt, asOf) }));
    const choiceBy = (events: readonly NumberedEvent[]) => this.judge.judge(past, decision, decision, events).choice;
    // What it rested on is past its time in part: nothing can be said of it any more.
    if (choiceBy(known).branch !== branch) return null;
    const now = choiceBy([...known, ...late, ...ended, ...telling]);
    if (now.branch === branch) return null;
    const steps: [Revision['cause'], NumberedEvent[], NumberedEvent[]][] = [
      ['late_event', [...known, ...late], late],
      ['refund', [...known, ...late, ...ended], undone],
    ];
    const [cause, , evidence] = steps.find(([, events]) => choiceBy(events).branch !== branch) ?? [
      'reclassification' as const,
      [],
      telling,
    ];
    const newest = [...evidence].sort((a, b) => b.seq - a.seq).slice(0, MOST_EVIDENCE);
    return { branch: now.branch, reason: now.reason, cause, evidence: newest.map((event) => event.id), at };
  }
}
