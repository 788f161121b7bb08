import type { Because } from '../core/conditions/condition.js';
import { toIso } from '../core/instant.js';
import { showBecause, type ShownBecause } from '../core/simulate.js';
import { isoOrNull, shownFreshness, statusOf, type DecisionAnswer, type ShownFreshness } from './answer.js';
import type { Decision, Judgement, Revision } from './decision.js';
import type { Said } from './replayer.js';

/** By digest of the rules of a branch point, which version of each segment that it rests on was in force. */
export type SegmentVersions = ReadonlyMap<string, Readonly<Record<string, number>>>;

/** What a judgement says. */
export interface SaidView {
  branch: string | null;
  matched: boolean | null;
  /** The branch whose rule was true, of whichever the arm `branch` is one. */
  matchedBranch: string | null;
  reason: Said['reason'];
  asOf: string;
  settlesAt: string | null;
  changesAt: string | null;
  /** Ids of the events that it rests on, each once. */
  evidence: string[];
  because: { branch: string; because: ShownBecause }[];
}

/** What was judged, and what that rested on. */
export interface JudgementView extends SaidView {
  freshness: ShownFreshness[];
  catalogueRevision: number;
  restedOn: {
    /** By digest. */
    rules: string | null;
    facts: string | null;
    /** Versions; null: not kept. */
    segments: Readonly<Record<string, number>> | null;
    /** The newest event that was known: what came later played no part. */
    knownSeq: number;
  };
}

/** A decision as people see it: everything, instants as text. */
export interface DecisionView extends JudgementView {
  id: string;
  journey: string;
  journeyVersion: number | null;
  branchPoint: string;
  profileId: string | null;
  runKey: string | null;
  status: DecisionAnswer['status'];
  errorCode: string | null;
  askedAt: string;
  /** What it was while it was open. */
  first: JudgementView | null;
  /** What it would be, knowing what came in after it. */
  revised: (Omit<Revision, 'at'> & { at: string }) | null;
}

export function viewOf(decision: Decision, versions: SegmentVersions): DecisionView {
  const { id, journey, journeyVersion, branchPoint, profileId, runKey, errorCode, askedAt, pended, revised } = decision;
  return {
    id,
    journey,
    journeyVersion,
    branchPoint,
    profileId: profileId === null ? null : String(profileId),
    runKey,
    status: statusOf(decision),
    errorCode,
    askedAt: toIso(askedAt),
    ...judgementView(decision, versions),
    first: pended && judgementView(pended, versions),
    revised: revised && { ...revised, at: toIso(revised.at) },
  };
}

function judgementView(judged: Judgement, versions: SegmentVersions): JudgementView {
  return {
    ...saidView(judged),
    freshness: shownFreshness(judged.freshness),
    catalogueRevision: judged.revision,
    restedOn: {
      rules: judged.rulesDigest,
      facts: judged.factsDigest,
      segments: versions.get(judged.rulesDigest ?? '') ?? null,
      knownSeq: judged.knownSeq,
    },
  };
}

export function saidView(said: Said): SaidView {
  return {
    branch: said.branch,
    matched: said.branch === null ? null : said.matched !== null,
    matchedBranch: said.matched,
    reason: said.reason,
    asOf: toIso(said.asOf),
    settlesAt: isoOrNull(said.settlesAt),
    changesAt: isoOrNull(said.changesAt),
    evidence: evidenceOf(said),
    because: said.because.map(({ branch, because }) => ({ branch, because: showBecause(because) })),
  };
}

/** Ids of the events that it rests on, each once. */
export function evidenceOf({ because }: Pick<Judgement, 'because'>): string[] {
  const ids = (one: Because): string[] => [...(one.evidence ?? []), ...(one.of ?? []).flatMap(ids)];
  return [...new Set(because.flatMap((one) => ids(one.because)))];
}
