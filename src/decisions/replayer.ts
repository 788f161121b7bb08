import { Inject, Injectable } from '@nestjs/common';
import type { Choice, ChoiceBecause } from '../core/decide.js';
import type { Milliseconds } from '../core/instant.js';
import { now } from '../platform/clock.js';
import type { Transaction } from '../platform/database.js';
import { KEPT_ON_TOP_MS, RETENTION_MS } from '../platform/retention.js';
import type { Decision, Judgement } from './decision.js';
import { PastJudge } from './past-judge.js';

/** What a judgement says: all that must come out again. */
export type Said = Pick<Judgement, 'branch' | 'matched' | 'reason' | 'asOf' | 'settlesAt' | 'changesAt' | 'because'>;

export interface Replayed {
  recorded: Said;
  replayed: Said;
  /** Null: it does not, but events that it may rest on are past their time, and so may be gone. */
  matches: boolean | null;
}

/** Decides again what was decided: by the rules, the declared facts and the events that were known then. */
@Injectable()
export class Replayer {
  constructor(
    private readonly judge: PastJudge,
    @Inject(RETENTION_MS) private readonly retention: Milliseconds,
  ) {}

  /** What was answered first where that was to wait, then what stands; undefined for one that kept too little. */
  async replay(tx: Transaction, decision: Decision): Promise<Replayed[] | undefined> {
    const replayed: Replayed[] = [];
    const keptSince = (await now(tx)) - this.retention - KEPT_ON_TOP_MS;
    for (const judged of decision.pended ? [decision.pended, decision] : [decision]) {
      const past = await this.judge.past(tx, decision, judged);
      if (!past) return undefined;
      const known = past.events.filter(past.isKnown);
      const again = this.judge.judge(past, decision, judged, known);
      replayed.push(compared(judged, again, past.since >= keptSince));
    }
    return replayed;
  }
}

function compared(
  judged: Judgement,
  { choice, because }: { choice: Choice; because: ChoiceBecause },
  isAllKept: boolean,
): Replayed {
  const { branch, matched, reason, asOf, settlesAt, changesAt } = judged;
  const recorded: Said = { branch, matched, reason, asOf, settlesAt, changesAt, because: judged.because };
  const replayed: Said = {
    ...{ branch: choice.branch, matched: choice.matched, reason: choice.reason, asOf },
    ...{ settlesAt: choice.settlesAt, changesAt: choice.changesAt, because },
  };
  const isSame = canonical(recorded) === canonical(replayed);
  return { recorded, replayed, matches: isSame || isAllKept ? isSame : null };
}

/** JSON in which the order of keys makes no difference: the database keeps none. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
