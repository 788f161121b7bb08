import type { Milliseconds } from '../core/instant.js';
import { parseRule } from '../core/parse-rule.js';
import type { Rule, RuleProblem } from '../core/rule.js';
import { Problem } from '../platform/problem.js';

/** A rule as a body carries it under "rule", in its form; throws a 400 problem that lists all that is wrong. */
export function checkedRule(value: unknown, retention: Milliseconds): Rule {
  const parsed = parseRule(value, retention, '/rule');
  if (parsed.ok) return parsed.rule;
  throw wrongRule(parsed.problems);
}

export function wrongRule(problems: readonly RuleProblem[]): Problem {
  return Problem.badRequest(
    'The rule is not right.',
    problems.map(({ pointer, problem, expected }) => ({ pointer, detail: problem, expected })),
  );
}
