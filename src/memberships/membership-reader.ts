import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { compileRule, type Plan } from '../core/compile-rule.js';
import type { Because } from '../core/conditions/condition.js';
import { evaluate, explain, type Evaluation } from '../core/evaluate.js';
import type { History } from '../core/history.js';
import type { Instant } from '../core/instant.js';
import { advanceMembership } from '../core/membership.js';
import type { Rule } from '../core/rule.js';
import { clicksNotCounted, type ClickNotCounted } from '../ctas/clicks-not-counted.js';
import { HistoryReader } from '../histories/history-reader.js';
import { catalogueRevision } from '../platform/catalogue-revision.js';
import { now } from '../platform/clock.js';
import { SegmentStore } from '../segments/segment-store.js';

/** What a segment's rule says of a profile, and why. */
export interface Standing {
  segment: { key: string; version: number };
  evaluation: Evaluation;
  /** When a member leaves if no event comes; null: never, or it is none. */
  leavesAt: Instant | null;
  because: Because;
  /** Clicks that the rule passes over for who clicked. */
  notCounted: readonly ClickNotCounted[];
}

/** Reads memberships. What is said of one profile is evaluated as of now, so that a late timer makes no wrong answer. */
@Injectable()
export class MembershipReader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly segments: SegmentStore,
    private readonly histories: HistoryReader,
  ) {}

  /** How a profile stands to each published segment, or to one of them. */
  async standings(profileId: number, segmentKey?: string): Promise<Standing[]> {
    return this.dataSource.transaction(async (tx) => {
      const revision = await catalogueRevision(tx);
      const segments = (await this.segments.current(tx, revision)).all.filter(
        (segment) => segmentKey === undefined || segment.key === segmentKey,
      );
      const asOf = await now(tx);
      const plans = segments.map((segment) => segment.plan);
      const history = await this.histories.of(tx, profileId, { plans, asOf, revision });
      return segments.map((segment) => standingOf(segment, segment.plan, { history, asOf }));
    });
  }

  /**
   * How a profile stood to a segment at an instant of the past, by the rules that were in force then and all that is known
   * now of what had happened; undefined where there was no such segment yet.
   */
  async standingAt(profileId: number, segmentKey: string, asOf: Instant): Promise<Standing | undefined> {
    return this.dataSource.transaction(async (tx) => {
      const versions = await this.segments.versionsAt(tx, asOf);
      const segment = versions.find((one) => one.key === segmentKey);
      if (!segment) return undefined;
      const rules = new Map(versions.map((one) => [one.key, one.rule as Rule]));
      const plan = compileRule(segment.rule as Rule, rules);
      const revision = await catalogueRevision(tx);
      const history = await this.histories.of(tx, profileId, { plans: [plan], asOf, revision });
      return standingOf(segment, plan, { history, asOf });
    });
  }
}

function standingOf(
  { key, version }: Standing['segment'],
  plan: Plan,
  { history, asOf }: { history: History; asOf: Instant },
): Standing {
  const evaluation = evaluate(plan, history, asOf);
  return {
    segment: { key, version },
    evaluation,
    leavesAt: evaluation.isMember ? leavingAt(plan, history, asOf) : null,
    because: explain(plan, history, asOf),
    notCounted: clicksNotCounted(plan, history, asOf),
  };
}

function leavingAt(plan: Plan, history: History, asOf: Instant): Instant | null {
  return advanceMembership(plan, history, { wasMember: true, from: asOf, until: asOf }).dueAt;
}
