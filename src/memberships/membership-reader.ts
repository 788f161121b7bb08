import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { historyNeeded, type Plan } from '../core/compile-rule.js';
import type { Because } from '../core/conditions/condition.js';
import { evaluate, explain, type Evaluation } from '../core/evaluate.js';
import { History } from '../core/history.js';
import type { Instant } from '../core/instant.js';
import { advanceMembership } from '../core/membership.js';
import { clicksNotCounted, type ClickNotCounted } from '../ctas/clicks-not-counted.js';
import { CtaStore } from '../ctas/cta-store.js';
import { catalogueRevision } from '../platform/catalogue-revision.js';
import { now } from '../platform/clock.js';
import { query, type Transaction } from '../platform/database.js';
import { laneOfProfile } from '../platform/lanes.js';
import { EventHistoryStore } from '../profiles/event-history-store.js';
import { EventStore } from '../profiles/event-store.js';
import { SegmentStore, type PublishedSegment } from '../segments/segment-store.js';

/** What a segment's rule says of a profile, and why. */
export interface Standing {
  segment: PublishedSegment;
  evaluation: Evaluation;
  /** When a member leaves if no event comes; null: never, or it is none. */
  leavesAt: Instant | null;
  because: Because;
  /** Clicks that the rule passes over for who clicked. */
  notCounted: readonly ClickNotCounted[];
}

export interface MemberRow {
  profileId: string;
  since: Date;
  version: number;
  identifiers: Record<string, string>;
}

/** Reads memberships. What is said of one profile is evaluated as of now, so that a late timer makes no wrong answer. */
@Injectable()
export class MembershipReader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly segments: SegmentStore,
    private readonly events: EventStore,
    private readonly histories: EventHistoryStore,
    private readonly ctas: CtaStore,
  ) {}

  /** How a profile stands to each published segment, or to one of them. */
  async standings(profileId: number, segmentKey?: string): Promise<Standing[]> {
    return this.dataSource.transaction(async (tx) => {
      const revision = await catalogueRevision(tx);
      const segments = (await this.segments.current(tx, revision)).all.filter(
        (segment) => segmentKey === undefined || segment.key === segmentKey,
      );
      const asOf = await now(tx);
      const history = await this.historyOf(tx, profileId, { segments, asOf, revision });
      return segments.map((segment): Standing => {
        const evaluation = evaluate(segment.plan, history, asOf);
        return {
          segment,
          evaluation,
          leavesAt: evaluation.isMember ? leavingAt(segment.plan, history, asOf) : null,
          because: explain(segment.plan, history, asOf),
          notCounted: clicksNotCounted(segment.plan, history, asOf),
        };
      });
    });
  }

  /** Members of a segment as last evaluated, in order of profile id after a cursor. */
  async members(segmentKey: string, after: number, most: number): Promise<MemberRow[]> {
    return query<MemberRow>(
      this.dataSource.manager,
      `SELECT member.profile_id AS "profileId", member.since, member.version,
              (SELECT coalesce(jsonb_object_agg(kind, value), '{}') FROM identifiers
                WHERE identifiers.profile_id = member.profile_id) AS identifiers
         FROM memberships member JOIN segments ON segments.id = member.segment_id
        WHERE segments.key = $1 AND member.is_member AND member.profile_id > $2
        ORDER BY member.profile_id LIMIT $3`,
      [segmentKey, after, most],
    );
  }

  private async historyOf(
    tx: Transaction,
    profileId: number,
    about: { segments: readonly PublishedSegment[]; asOf: number; revision: number },
  ): Promise<History> {
    const { names, lookback } = historyNeeded(about.segments.map((segment) => segment.plan));
    const classifier = await this.ctas.current(tx, about.revision);
    const need = classifier.needed(names);
    const wanted = { names: need.names, since: about.asOf - lookback - need.margin };
    const loaded = await this.events.histories(tx, laneOfProfile(profileId), [profileId], wanted);
    const known = { startsAt: await this.histories.current(tx, about.revision), profile: String(profileId) };
    return History.inOrder(classifier.classify(loaded.get(profileId)!), known);
  }
}

function leavingAt(plan: Plan, history: History, asOf: Instant): Instant | null {
  return advanceMembership(plan, history, { wasMember: true, from: asOf, until: asOf }).dueAt;
}
