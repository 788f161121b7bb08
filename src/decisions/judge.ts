import { Injectable } from '@nestjs/common';
import { decide, explainChoice, type Choice, type ChoiceBecause } from '../core/decide.js';
import { History } from '../core/history.js';
import type { Instant } from '../core/instant.js';
import { HistoryReader, type ReadHistory } from '../histories/history-reader.js';
import { JourneyStore } from '../journeys/journey-store.js';
import type { PlannedPoint } from '../journeys/plan-point.js';
import type { Transaction } from '../platform/database.js';
import { Problem } from '../platform/problem.js';
import { ErasedStore } from '../profiles/erased-store.js';
import { EventHistoryStore } from '../profiles/event-history-store.js';
import { identifierKey } from '../profiles/identifier.js';
import { IdentifierStore } from '../profiles/identifier-store.js';
import type { Decision } from './decision.js';
import { FactsReader, type DeclaredFacts } from './facts-reader.js';
import { FreshnessReader, type FreshnessOf } from './freshness-reader.js';
import { inputOf, type Input } from './input-store.js';
import { declaredFor } from './past-judge.js';
import type { Question } from './question.js';
import { ulid } from './ulid.js';

/** A question answered, and what is needed to say why and to keep it. */
export interface Judged {
  question: Question;
  point: PlannedPoint;
  /** Its reasons are left out; they are worked out where they are wanted. */
  decision: Decision;
  facts: Input<DeclaredFacts>;
  /** Worked out at the first time. */
  explain: () => ChoiceBecause;
}

/** The present, and what is in force. */
interface Present {
  asOf: Instant;
  revision: number;
  facts: Input<DeclaredFacts>;
  freshnessOf: FreshnessOf;
}

/** Answers questions, live: from the events that are known now, never from a membership that may be late. */
@Injectable()
export class Judge {
  constructor(
    private readonly journeys: JourneyStore,
    private readonly identifiers: IdentifierStore,
    private readonly histories: HistoryReader,
    private readonly starts: EventHistoryStore,
    private readonly facts: FactsReader,
    private readonly freshness: FreshnessReader,
    private readonly erased: ErasedStore,
  ) {}

  /** Whom questions are about. */
  async profilesOf(tx: Transaction, questions: readonly Question[]): Promise<Map<Question, number | undefined>> {
    if (questions.length === 0) return new Map();
    const lists = questions.map((one) => one.identifiers);
    const profiles = await this.identifiers.findAll(tx, lists);
    return new Map(questions.map((question, index) => [question, profiles[index]]));
  }

  /**
   * All at once, by as few reads as one would take; `profiles` is whom they are about. A journey or branch point that doesn't
   * exist is a problem.
   */
  async judgeAll(
    tx: Transaction,
    questions: readonly Question[],
    profiles: ReadonlyMap<Question, number | undefined>,
    { now: asOf, revision }: { now: Instant; revision: number },
  ): Promise<Map<Question, Judged | Problem>> {
    const answers = new Map<Question, Judged | Problem>();
    if (questions.length === 0) return answers;
    const points = new Map<Question, PlannedPoint>();
    const journeys = await this.journeys.current(tx, revision);
    for (const question of questions) {
      const known = journeys.get(question.journey)?.branchPoints;
      const point = known?.get(question.branchPoint);
      if (point) points.set(question, point);
      else answers.set(question, unknownPoint(question, known?.keys()));
    }
    const known = [...new Set(points.values())];
    const facts = await this.facts.current(tx, revision);
    const freshnessOf = await this.freshness.of(tx, known, { asOf, facts: facts.content });
    const present: Present = { asOf, revision, facts, freshnessOf };
    const plans = known.flatMap((point) => point.branches.map((branch) => branch.plan));
    const ids = [...new Set([...points.keys()].map((one) => profiles.get(one)).filter((id) => id !== undefined))];
    const read = await this.histories.ofEach(tx, ids, { plans, asOf, revision });
    const nobody = { startsAt: await this.starts.current(tx, revision) };
    for (const [question, point] of points) {
      const profileId = profiles.get(question);
      const answer =
        profileId === undefined
          ? judgeNobody(question, point, present, () => {
              const stranger = this.strangerIn(question);
              return { stranger, history: History.ofDistinct([], { ...nobody, profile: stranger }) };
            })
          : judgeKnown(question, point, present, { profileId, ...read.get(profileId)! });
      answers.set(question, answer);
    }
    return answers;
  }

  /** What tells somebody unknown from others in splits; nobody is known again by it. */
  private strangerIn({ identifiers }: Question): string {
    return this.erased.sealed(identifierKey(identifiers[0]!)).slice(0, 12);
  }
}

function judgeKnown(
  question: Question,
  point: PlannedPoint,
  now: Present,
  { profileId, history, seq }: Pick<ReadHistory, 'history' | 'seq'> & { profileId: number },
): Judged {
  const { freshness, isStale } = now.freshnessOf(point);
  const choice = decide(point, history, now.asOf, isStale);
  const decision = decisionOf(question, point, now, { choice, profileId, knownSeq: seq, freshness });
  return {
    question,
    point,
    decision,
    facts: now.facts,
    explain: once(() => explainChoice(point, history, now.asOf, choice)),
  };
}

/** Somebody of whom nothing is known: as the branch point says. Nobody can be waited for. */
function judgeNobody(
  question: Question,
  point: PlannedPoint,
  now: Present,
  asStranger: () => { stranger: string; history: History },
): Judged {
  const { freshness, isStale } = now.freshnessOf(point);
  const known = { profileId: null, knownSeq: 0, freshness, errorCode: 'PROFILE_UNKNOWN' };
  if (point.whenUnknown === 'evaluate') {
    const { stranger, history } = asStranger();
    const impatient: PlannedPoint = { ...point, whenPending: 'noMatch' };
    const choice = decide(impatient, history, now.asOf, isStale);
    const decision = decisionOf(question, point, now, { choice, stranger, ...known });
    const explain = once(() => explainChoice(point, history, now.asOf, choice));
    return { question, point, decision, facts: now.facts, explain };
  }
  const decision = decisionOf(question, point, now, { choice: declaredFor(point), ...known });
  return { question, point, decision, facts: now.facts, explain: () => [] };
}

function once<T>(work: () => T): () => T {
  let done: { result: T } | undefined;
  return () => (done ??= { result: work() }).result;
}

function decisionOf(
  question: Question,
  point: PlannedPoint,
  { asOf, revision, facts }: Present,
  found: Pick<Decision, 'profileId' | 'knownSeq' | 'freshness'> &
    Partial<Pick<Decision, 'errorCode' | 'stranger'>> & { choice: Choice },
): Decision {
  const { looked: _, ...choice } = found.choice;
  return {
    id: ulid(asOf),
    journey: question.journey,
    journeyVersion: point.rules.version,
    branchPoint: question.branchPoint,
    profileId: found.profileId,
    ...choice,
    asOf,
    askedAt: asOf,
    revision,
    judgedAs: found.profileId,
    knownSeq: found.knownSeq,
    rulesDigest: inputOf(point.rules).digest,
    factsDigest: facts.digest,
    freshness: found.freshness,
    because: [],
    errorCode: found.errorCode ?? null,
    stranger: found.stranger ?? null,
    runKey: question.pins.find((pin) => pin.kind === 'run')?.key ?? null,
    pended: null,
    revised: null,
  };
}

export function unknownPoint(
  { journey, branchPoint }: Pick<Question, 'journey' | 'branchPoint'>,
  points: Iterable<string> | undefined,
): Problem {
  if (!points) return Problem.notFound(`There is no journey "${journey}".`);
  const known = [...points].map((point) => `"${point}"`).join(', ');
  return Problem.notFound(`Journey "${journey}" has no branch point "${branchPoint}"; it has ${known}.`);
}
