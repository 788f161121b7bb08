import { Injectable } from '@nestjs/common';
import { historyNeeded } from '../core/compile-rule.js';
import { decide, explainChoice, type Choice, type ChoiceBecause } from '../core/decide.js';
import type { HistoryEvent } from '../core/history-event.js';
import type { Instant } from '../core/instant.js';
import { nameFits } from '../core/matcher.js';
import { CLICK } from '../ctas/click-class.js';
import { LONGEST_SIGNAL } from '../ctas/click-class-settings.js';
import type { PlannedPoint } from '../journeys/plan-point.js';
import type { Transaction } from '../platform/database.js';
import { eventsOnceOf, historiesOfMany, type NumberedEvent } from '../profiles/histories-of-many.js';
import type { Decision, Judgement } from './decision.js';
import { classifierUnder, historyUnder, type DeclaredFacts } from './facts-reader.js';
import { isStaleBy } from './freshness-reader.js';
import { InputStore } from './input-store.js';
import { PlannedInputs } from './planned-inputs.js';

/** What a past judgement rested on, read again. */
export interface Past {
  point: PlannedPoint;
  facts: DeclaredFacts;
  /** All events that its rules need, those that came later included. */
  events: readonly NumberedEvent[];
  /** Whether an event was known then. */
  isKnown: (event: NumberedEvent) => boolean;
  /** Whether its rules are about events of a name; others only tell what clicks are. */
  isAskedFor: (name: string) => boolean;
  /** What happened before this instant plays no part. */
  since: Instant;
}

/** Brings back what decisions rested on: rules and declared facts as they were then, and the events of the log. */
@Injectable()
export class PastJudge {
  constructor(
    private readonly points: PlannedInputs,
    private readonly inputs: InputStore,
  ) {}

  /** Undefined for one from before decisions kept what they rest on. */
  async past(tx: Transaction, decision: Decision, judged: Judgement): Promise<Past | undefined> {
    const { rulesDigest, factsDigest, asOf } = judged;
    const point = (await this.points.of(tx, [rulesDigest])).get(rulesDigest ?? '');
    const facts = factsDigest && (await this.inputs.find(tx, [factsDigest])).get(factsDigest);
    if (!point || !facts) return undefined;
    const asked = historyNeeded(point.branches.map((branch) => branch.plan));
    const isAskedFor = (name: string): boolean => asked.some((wanted) => nameFits(wanted.name, name));
    const known = { point, facts: facts as DeclaredFacts, isAskedFor };
    if (decision.profileId === null) return { ...known, events: [], isKnown: () => true, since: asOf };
    const need = classifierUnder(known.facts).needed(asked);
    const wanted = need.map(({ name, lookback }) => ({ name, since: asOf - lookback }));
    const read = await historiesOfMany(tx, [decision.profileId], wanted);
    const furthest = Math.min(...wanted.map((one) => one.since));
    const margin = need.some(({ name }) => name === CLICK) ? LONGEST_SIGNAL : 0;
    const since = Math.max(furthest, asOf - known.facts.retention - margin);
    const isKnown = await this.knownThen(tx, decision.profileId, judged);
    return { ...known, events: read.get(decision.profileId)!, isKnown, since };
  }

  /** Of one that has become part of another since, its own events tell by the numbers that they had. */
  private async knownThen(
    tx: Transaction,
    profileId: number,
    { judgedAs, knownSeq }: Judgement,
  ): Promise<Past['isKnown']> {
    const former = judgedAs ?? profileId;
    if (former === profileId) return ({ seq }) => seq <= knownSeq;
    const known = new Set(await eventsOnceOf(tx, profileId, { former, knownSeq }));
    return ({ id }) => known.has(id);
  }

  /** Judges as of the same instant by some of the events. */
  judge(
    { point, facts }: Past,
    decision: Decision,
    judged: Judgement,
    events: readonly HistoryEvent[],
  ): { choice: Choice; because: ChoiceBecause } {
    const isStale = isStaleBy(judged.freshness, facts);
    const { profileId, stranger } = decision;
    if (profileId === null && stranger === null) return { choice: declaredFor(point), because: [] };
    const history = historyUnder(facts, events, profileId === null ? stranger! : String(judged.judgedAs ?? profileId));
    // Nobody can be waited for whom nobody knows.
    const asked: PlannedPoint = profileId === null ? { ...point, whenPending: 'noMatch' } : point;
    const choice = decide(asked, history, judged.asOf, isStale);
    return { choice, because: explainChoice(asked, history, judged.asOf, choice) };
  }
}

/** What the branch point declares for somebody unknown. */
export function declaredFor({ whenUnknown, defaultBranch }: PlannedPoint): Choice {
  const branch = typeof whenUnknown === 'object' ? whenUnknown.branch : defaultBranch;
  return { branch, matched: null, reason: 'DEFAULT', settlesAt: null, changesAt: null, looked: 0 };
}
