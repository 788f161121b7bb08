import type { Milliseconds } from '../core/instant.js';
import { parseRule } from '../core/parse-rule.js';
import { checkReferences, type SegmentRules } from '../core/references.js';
import type { RuleProblem } from '../core/rule.js';
import { pointerTo } from '../core/shape.js';
import type { BranchPoints } from './journey.js';

/** What is wrong with branch points beyond their form: rules, segments that don't exist, branches named twice. */
export function branchPointProblems(
  branchPoints: BranchPoints,
  segments: SegmentRules,
  retention: Milliseconds,
): RuleProblem[] {
  const problems: RuleProblem[] = [];
  for (const [name, point] of Object.entries(branchPoints)) {
    const seen = new Set<string>();
    point.branches.forEach((branch, index) => {
      const pointer = pointerTo(pointerTo(pointerTo(pointerTo('', 'branchPoints'), name), 'branches'), index);
      if (seen.has(branch.key)) {
        problems.push({
          pointer: `${pointer}/key`,
          problem: `"${branch.key}" is there already`,
          expected: 'another key',
        });
      }
      seen.add(branch.key);
      if ((branch.rule === undefined) === (branch.segment === undefined)) {
        const expected = 'either "rule" or "segment"';
        problems.push({ pointer, problem: 'a branch needs one condition', expected });
      } else if (branch.segment !== undefined && !segments.has(branch.segment)) {
        const problem = `there is no segment "${branch.segment}"`;
        problems.push({ pointer: `${pointer}/segment`, problem, expected: 'the key of a segment' });
      } else if (branch.rule !== undefined) {
        const parsed = parseRule(branch.rule, retention, `${pointer}/rule`);
        problems.push(
          ...(parsed.ok ? checkReferences(parsed.rule, segments, undefined, `${pointer}/rule`) : parsed.problems),
        );
      }
    });
  }
  return problems;
}
