import type { Allocation } from '../core/allocation.js';
import type { RuleCompiler } from '../core/compile-rule.js';
import type { PlannedBranchPoint } from '../core/decide.js';
import { parseDuration, type Milliseconds } from '../core/instant.js';
import { segmentsBelow, type SegmentRules } from '../core/references.js';
import type { Rule } from '../core/rule.js';
import type { BranchPointDefinition, ChosenBranch } from './journey.js';

/**
 * All that a branch point's answers rest on besides facts, as it was declared: enough to decide by it again when journey
 * and segments have long been changed or are gone.
 */
export interface PointRules {
  journey: string;
  version: number;
  branchPoint: string;
  definition: BranchPointDefinition;
  /** By branch, for those with a split. */
  splits: Readonly<Record<string, { seed: string; allocation: Allocation }>>;
  holdout?: { seed: string; allocation: Allocation; branch: string };
  /** The segments that it rests on, directly or through others. */
  segments: Readonly<Record<string, { version: number; rule: Rule }>>;
}

/** How a branch point shares people out. */
export type PointShares = Pick<PointRules, 'splits' | 'holdout'>;

/** A branch point ready to be asked. */
export interface PlannedPoint extends PlannedBranchPoint {
  rules: PointRules;
  isPushed: boolean;
  /** How long each source may be silent. */
  limits: ReadonlyMap<string, Milliseconds>;
  whenUnknown: 'default' | 'evaluate' | ChosenBranch;
  whenDegraded: 'default' | 'refuse' | ChosenBranch;
}

/** Compiles a branch point; the compiler must know its segments. */
export function planPoint(rules: PointRules, compiler: RuleCompiler): PlannedPoint {
  const { definition, splits, holdout, segments } = rules;
  const { whenStale } = definition;
  return {
    rules,
    branches: definition.branches.map(({ key, rule, segment }) => ({
      key,
      plan: compiler.plan(segment === undefined ? (rule as Rule) : segments[segment]!.rule),
      ...(splits[key] && { split: splits[key] }),
    })),
    defaultBranch: definition.default,
    whenPending: definition.whenPending ?? 'noMatch',
    ...(whenStale && { whenStale: whenStale.then ?? 'hold' }),
    ...(holdout && { holdout }),
    isPushed: definition.push ?? true,
    limits: new Map(Object.entries(whenStale?.limits ?? {}).map(([source, limit]) => [source, parseDuration(limit)!])),
    whenUnknown: definition.whenUnknown ?? 'default',
    whenDegraded: definition.whenDegraded ?? 'default',
  };
}

/** Rules by segment, for a compiler of the branch point alone. */
export function segmentRulesOf({ segments }: PointRules): SegmentRules {
  return new Map(Object.entries(segments).map(([key, { rule }]) => [key, rule]));
}

/** The segments that a branch point rests on, directly or through others. */
export function segmentsUnder({ branches }: BranchPointDefinition, segments: SegmentRules): string[] {
  const found = branches.flatMap(({ rule, segment }) => [
    ...(segment === undefined ? [] : [segment]),
    ...segmentsBelow(segment === undefined ? (rule as Rule) : segments.get(segment)!, segments),
  ]);
  return [...new Set(found)].sort();
}
