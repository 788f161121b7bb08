import type { Instant } from '../core/instant.js';
import { laneOfProfile, laneOfText } from '../platform/lanes.js';
import type { Decision, Judgement } from './decision.js';

/** A row of the log as PostgreSQL gives it. */
export interface DecisionRow {
  id: string;
  profile_id: string | null;
  journey_key: string;
  journey_version: number;
  branch_point: string;
  branch: string | null;
  matched: string | null;
  reason: Decision['reason'];
  error_code: string | null;
  run_key: string | null;
  stranger: string | null;
  asked_at: Date;
  as_of: Date;
  settles_at: Date | null;
  changes_at: Date | null;
  catalogue_revision: string;
  judged_as: string | null;
  known_seq: string;
  rules_digest: string | null;
  facts_digest: string | null;
  freshness: Judgement['freshness'] | null;
  because: Judgement['because'];
  pended: Judgement | null;
  revised: Decision['revised'];
}

export const ROW = `id, profile_id, journey_key, journey_version, branch_point, branch, matched, reason, error_code,
  run_key, asked_at, as_of, settles_at, changes_at, catalogue_revision, judged_as, known_seq, rules_digest, facts_digest, freshness,
  because, pended, revised, stranger`;

export function decisionOf(row: DecisionRow): Decision {
  const instant = (at: Date | null): Instant | null => at && at.getTime();
  return {
    id: row.id,
    profileId: row.profile_id === null ? null : Number(row.profile_id),
    journey: row.journey_key,
    journeyVersion: row.journey_version,
    branchPoint: row.branch_point,
    branch: row.branch,
    matched: row.matched,
    reason: row.reason,
    errorCode: row.error_code,
    runKey: row.run_key,
    stranger: row.stranger,
    askedAt: row.asked_at.getTime(),
    asOf: row.as_of.getTime(),
    settlesAt: instant(row.settles_at),
    changesAt: instant(row.changes_at),
    revision: Number(row.catalogue_revision),
    judgedAs: row.judged_as === null ? null : Number(row.judged_as),
    knownSeq: Number(row.known_seq),
    rulesDigest: row.rules_digest,
    factsDigest: row.facts_digest,
    freshness: row.freshness ?? [],
    because: row.because,
    pended: row.pended,
    revised: row.revised,
  };
}

/** The lane of a decision: its profile's, or its own where there is none. */
export function laneOf(decision: Pick<Decision, 'id' | 'profileId'>): number {
  return decision.profileId === null ? laneOfText(decision.id) : laneOfProfile(decision.profileId);
}

export function dateOrNull(at: Instant | null): Date | null {
  return at === null ? null : new Date(at);
}
