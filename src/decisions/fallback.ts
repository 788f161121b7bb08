import type { PlannedPoint } from '../journeys/plan-point.js';
import { Problem } from '../platform/problem.js';
import type { Outcome } from './decider.js';
import type { Question } from './question.js';
import { ulid } from './ulid.js';

/**
 * What is answered when it can't be told: what the branch point declares for that, marked, never a guess. It is not
 * logged and pins nothing. The database can't be asked for the time, so the instant is this process's own.
 */
export function fallbackFor(question: Question, point: PlannedPoint | undefined): Outcome | Problem {
  if (!point || point.whenDegraded === 'refuse') {
    return Problem.unavailable('The decision can’t be made at the moment. Ask again.');
  }
  const branch = point.whenDegraded === 'default' ? point.defaultBranch : point.whenDegraded.branch;
  const at = Date.now();
  return {
    isCached: false,
    isLogged: false,
    decision: {
      id: ulid(at),
      profileId: null,
      journey: question.journey,
      journeyVersion: point.rules.version,
      branchPoint: question.branchPoint,
      ...{ branch, matched: null, reason: 'ERROR', errorCode: 'DEGRADED' },
      ...{ asOf: at, askedAt: at, settlesAt: null, changesAt: null },
      ...{ revision: 0, judgedAs: null, knownSeq: 0, rulesDigest: null, factsDigest: null, freshness: [], because: [] },
      ...{ runKey: null, stranger: null, pended: null, revised: null },
    },
  };
}
