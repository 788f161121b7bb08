import type { Because } from '../core/conditions/condition.js';
import { toIso } from '../core/instant.js';
import { showBecause } from '../core/simulate.js';
import { isoOrNull, shownFreshness, statusOf } from './answer.js';
import type { Decision, Judgement } from './decision.js';
import type { Said } from './replayer.js';

/** By digest of the rules of a branch point, which version of each segment that it rests on was in force. */
export type SegmentVersions = ReadonlyMap<string, Readonly<Record<string, number>>>;

/** A decision as people see it: everything, instants as text. */
export function viewOf(decision: Decision, versions: SegmentVersions) {
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

function judgementView(judged: Judgement, versions: SegmentVersions) {
  return {
    ...saidView(judged),
    freshness: shownFreshness(judged.freshness),
    catalogueRevision: judged.revision,
    /**
     * What it rested on, by digest, and versions of segments (null: not kept); the newest event that was known: what came later
     * played no part.
     */
    restedOn: {
      rules: judged.rulesDigest,
      facts: judged.factsDigest,
      segments: versions.get(judged.rulesDigest ?? '') ?? null,
      knownSeq: judged.knownSeq,
    },
  };
}

/** What a judgement says. */
export function saidView(said: Said) {
  return {
    branch: said.branch,
    matched: said.branch === null ? null : said.matched !== null,
    /** The branch whose rule was true, of whichever the arm `branch` is one. */
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
