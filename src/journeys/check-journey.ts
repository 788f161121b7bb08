import { ALL_PLACES, placesIn } from '../core/allocation.js';
import type { Milliseconds } from '../core/instant.js';
import { parseRule } from '../core/parse-rule.js';
import { checkReferences, type SegmentRules } from '../core/references.js';
import type { RuleProblem } from '../core/rule.js';
import { isRecord, ParseContext, pointerTo } from '../core/shape.js';
import { KEY } from '../platform/key.js';
import {
  exitsOf,
  HOLDOUT_BRANCH,
  type BranchDefinition,
  type BranchPointDefinition,
  type ChosenBranch,
  type JourneyDefinition,
  type SplitDefinition,
} from './journey.js';
import { aBranchPoint, aJourney } from './journey-shape.js';

/** What a journey can name, and how long events are kept. */
export interface JourneySurroundings {
  segments: SegmentRules;
  /** Keys of the sources that there are. */
  sources: readonly string[];
  retention: Milliseconds;
}

export type CheckedJourney = { ok: true; journey: JourneyDefinition } | { ok: false; problems: RuleProblem[] };

/** Reads a journey from JSON: every problem at once, each with a pointer and what would be right. */
export function checkJourney(value: unknown, around: JourneySurroundings): CheckedJourney {
  const context = new ParseContext(around.retention);
  aJourney.check(value, '', context);
  const problems = context.problems;
  const { holdout, branchPoints } = isRecord(value) ? value : {};
  const kept = isRecord(holdout) && typeof holdout.branch === 'string' ? holdout.branch : HOLDOUT_BRANCH;
  for (const [name, point] of Object.entries(isRecord(branchPoints) ? branchPoints : {})) {
    const pointer = pointerTo('/branchPoints', name);
    if (!KEY.test(name)) {
      problems.push({ pointer, problem: `"${name}" is no key`, expected: 'a-z, 0-9, ".", "_" and "-"' });
    }
    const form = new ParseContext(around.retention);
    if (aBranchPoint.check(point, pointer, form)) {
      const checked = point as BranchPointDefinition;
      problems.push(...pointProblems(checked, pointer, around));
      if (isRecord(holdout) && exitsOf(checked).includes(kept)) {
        const problem = `"${kept}" is also what the holdout group is answered`;
        problems.push({ pointer, problem, expected: 'another key here, or another "branch" of the holdout' });
      }
    }
    problems.push(...form.problems);
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, journey: value as JourneyDefinition };
}

function pointProblems(point: BranchPointDefinition, pointer: string, around: JourneySurroundings): RuleProblem[] {
  const problems: RuleProblem[] = [];
  const seen = new Set<string>();
  point.branches.forEach((branch, index) => {
    const at = `${pointer}/branches/${index}`;
    problems.push(...nameProblems(branch.key, `${at}/key`, seen), ...conditionProblems(branch, at, around));
    if (branch.split) problems.push(...splitProblems(branch.split, `${at}/split`, seen));
  });
  for (const source of Object.keys(point.whenStale?.limits ?? {})) {
    if (around.sources.includes(source)) continue;
    const expected = `one of ${around.sources.map((one) => `"${one}"`).join(', ')}`;
    problems.push({
      pointer: pointerTo(`${pointer}/whenStale/limits`, source),
      problem: `there is no source "${source}"`,
      expected,
    });
  }
  return [
    ...problems,
    ...fallbackProblems(point, point.whenUnknown, `${pointer}/whenUnknown`),
    ...fallbackProblems(point, point.whenDegraded, `${pointer}/whenDegraded`),
  ];
}

function nameProblems(key: string, pointer: string, seen: Set<string>): RuleProblem[] {
  if (seen.has(key)) return [{ pointer, problem: `"${key}" is there already`, expected: 'another key' }];
  seen.add(key);
  return [];
}

function conditionProblems(branch: BranchDefinition, pointer: string, around: JourneySurroundings): RuleProblem[] {
  const { rule, segment } = branch;
  if ((rule === undefined) === (segment === undefined)) {
    return [{ pointer, problem: 'a branch needs one condition', expected: 'either "rule" or "segment"' }];
  }
  if (segment !== undefined) {
    if (around.segments.has(segment)) return [];
    const problem = `there is no segment "${segment}"`;
    return [{ pointer: `${pointer}/segment`, problem, expected: 'the key of a segment' }];
  }
  const parsed = parseRule(rule, around.retention, `${pointer}/rule`);
  return parsed.ok ? checkReferences(parsed.rule, around.segments, undefined, `${pointer}/rule`) : parsed.problems;
}

function splitProblems({ arms }: SplitDefinition, pointer: string, seen: Set<string>): RuleProblem[] {
  const names = arms.flatMap((arm, index) => nameProblems(arm.key, `${pointer}/arms/${index}/key`, seen));
  const places = arms.reduce((sum, arm) => sum + placesIn(arm.percentage), 0);
  if (places <= ALL_PLACES) return names;
  const problem = `the arms together take ${places / 1_000} percent`;
  return [...names, { pointer: `${pointer}/arms`, problem, expected: 'at most 100 percent together' }];
}

function fallbackProblems(
  point: BranchPointDefinition,
  fallback: string | ChosenBranch | undefined,
  pointer: string,
): RuleProblem[] {
  const exits = exitsOf(point);
  if (typeof fallback !== 'object' || exits.includes(fallback.branch)) return [];
  const expected = `one of ${exits.map((exit) => `"${exit}"`).join(', ')}`;
  return [{ pointer: `${pointer}/branch`, problem: `there is no branch "${fallback.branch}"`, expected }];
}
