import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Milliseconds } from '../core/instant.js';
import { inSnapshot, type Present } from '../platform/catalogue-revision.js';
import { answersOf, type Transaction } from '../platform/database.js';
import { Nudger } from '../platform/nudger.js';
import { Problem } from '../platform/problem.js';
import { DecisionLog } from './decision-log.js';
import { DecisionStore } from './decision-store.js';
import { DecisionWriter } from './decision-writer.js';
import { isOpen, type Decision } from './decision.js';
import { Judge, type Judged } from './judge.js';
import { PinStore } from './pin-store.js';
import type { Question } from './question.js';
import { Settler } from './settler.js';

/** What a question is answered. */
export interface Outcome {
  decision: Decision;
  /** Given before, for the same run or request. */
  isCached: boolean;
  isLogged: boolean;
}

/** Under this token: how old the signature of a question may be, in ms. */
export const SIGNATURE_LIFE_MS = Symbol('SignatureLifeMs');

const MOST_TRIES = 5;

/** Answers which branch profiles take: pinned answers again, others by judging now. */
@Injectable()
export class Decider {
  constructor(
    private readonly dataSource: DataSource,
    private readonly judge: Judge,
    private readonly pins: PinStore,
    private readonly decisions: DecisionStore,
    private readonly writer: DecisionWriter,
    private readonly log: DecisionLog,
    private readonly settler: Settler,
    private readonly nudger: Nudger,
    @Inject(SIGNATURE_LIFE_MS) private readonly signatureLife: Milliseconds,
  ) {}

  /** Answers questions together, by as few reads and writes as one would take; in their order. */
  async answerAll(questions: readonly Question[]): Promise<(Outcome | Problem)[]> {
    const outcomes = new Map<Question, Outcome | Problem>();
    let left = questions;
    for (let tries = 0; left.length > 0; tries++) {
      if (tries === MOST_TRIES) throw new Error(`Pins were set by others ${MOST_TRIES} times.`);
      left = await this.answer(left, outcomes);
    }
    return questions.map((question) => outcomes.get(question)!);
  }

  /** Returns the questions that somebody else was answering at the same moment; they are to be asked again. */
  private async answer(
    questions: readonly Question[],
    outcomes: Map<Question, Outcome | Problem>,
  ): Promise<readonly Question[]> {
    // One snapshot: no answer mixes what was before a change of rules, or of who is who, with what was after.
    const { cached, judged } = await inSnapshot(
      this.dataSource,
      (tx) => answersOf(this.pins.of(tx, questions), this.judge.profilesOf(tx, questions)),
      async (tx, present, [pins, profiles]) => {
        const refused = this.refused(questions, present);
        for (const question of refused.keys()) pins.delete(question);
        const cached = await this.cached(tx, pins, profiles);
        const others = questions.filter((question) => !refused.has(question) && !cached.has(question));
        const judged = await this.judge.judgeAll(tx, others, profiles, present);
        return { cached: new Map([...refused, ...cached]), judged };
      },
    );
    await this.settleOpen(cached);
    for (const [question, outcome] of cached) outcomes.set(question, outcome);
    const fresh: Judged[] = [];
    for (const [question, one] of judged) {
      if (one instanceof Problem) outcomes.set(question, one);
      else fresh.push(one);
    }
    const kept = fresh.filter(({ question }) => !question.isDryRun && !question.isGivenUp);
    const isHeavy = ({ question, decision }: Judged): boolean => question.pins.length > 0 || isOpen(decision);
    const overtaken = await this.keepFirst(kept.filter(isHeavy));
    await this.log.add(kept.filter((one) => !isHeavy(one)));
    for (const one of fresh) {
      if (overtaken.has(one.question)) continue;
      if (one.question.isExplained) one.decision.because = one.explain();
      outcomes.set(one.question, { decision: one.decision, isCached: false, isLogged: !one.question.isDryRun });
    }
    return [...overtaken];
  }

  /** Those of which the signature is so old that it may have been listened to by others. */
  private refused(questions: readonly Question[], { now }: Present): Map<Question, Outcome | Problem> {
    const old = questions.filter(({ signedAt }) => signedAt !== undefined && now - signedAt > this.signatureLife);
    const hours = this.signatureLife / 3_600_000;
    return new Map(
      old.map((one) => [one, Problem.unauthorised(`The signature is more than ${hours} hours old.`, 'Signature')]),
    );
  }

  /** What pins answer; a key that was used for another question is a problem. */
  private async cached(
    tx: Transaction,
    found: Awaited<ReturnType<PinStore['of']>>,
    profiles: ReadonlyMap<Question, number | undefined>,
  ): Promise<Map<Question, Outcome | Problem>> {
    const ids = [...found.values()].flat().map((pin) => pin.decisionId);
    const decisions = await this.decisions.findAll(tx, [...new Set(ids)]);
    return new Map(
      [...found].map(([question, pins]) => {
        const decision = decisions.get(pins[0]!.decisionId)!;
        const isAnother = pins.some((pin) => {
          if (pin.isSame) return false;
          // A run knows its profile by more or other identifiers than before: it is the same question.
          return pin.kind !== 'run' || decision.profileId === null || profiles.get(question) !== decision.profileId;
        });
        return [question, isAnother ? anotherQuestion(pins[0]!.kind) : { decision, isCached: true, isLogged: true }];
      }),
    );
  }

  /** Whoever asks again need not wait for a timer: what can be settled by now is. */
  private async settleOpen(cached: Map<Question, Outcome | Problem>): Promise<void> {
    const open = [...cached].filter(([, one]) => !(one instanceof Problem) && isOpen(one.decision)) as [
      Question,
      Outcome,
    ][];
    if (open.length === 0) return;
    const ids = open.map(([, { decision }]) => decision.id);
    await this.settler.settle(ids);
    const now = await this.decisions.findAll(this.dataSource.manager, ids);
    for (const [question, outcome] of open)
      // Of who was erased meanwhile nothing is left but what was just read.
      cached.set(question, { ...outcome, decision: now.get(outcome.decision.id) ?? outcome.decision });
  }

  /** Writes decisions before they are answered. Returns the questions whose pins somebody else set first. */
  private async keepFirst(judged: readonly Judged[]): Promise<Set<Question>> {
    if (judged.length === 0) return new Set();
    const pinned = judged.filter(({ question }) => question.pins.length > 0);
    const { won, result } = await this.dataSource.transaction(async (tx) => {
      const set = await this.pins.set(
        tx,
        pinned.map(({ question, decision }) => ({ question, decisionId: decision.id })),
      );
      const won = judged.filter(({ question, decision }) => question.pins.length === 0 || set.has(decision.id));
      return { won, result: await this.writer.write(tx, won) };
    });
    result.written();
    if (result.owedTo.length > 0) this.nudger.deliver(result.owedTo);
    const isWon = new Set(won.map((one) => one.question));
    return new Set(judged.map((one) => one.question).filter((question) => !isWon.has(question)));
  }
}

function anotherQuestion(kind: string): Problem {
  return Problem.conflict(
    kind === 'run'
      ? 'This journey_run_id was used before, for somebody else. A run is one person’s way through a journey: send an id that no other person’s run has.'
      : 'This idempotency key was used before, with another body. Send another key, or the body that it was used with.',
  );
}
