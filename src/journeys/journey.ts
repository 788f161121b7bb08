import type { Share } from '../core/allocation.js';

/** A journey as it is declared: its forks, and who is kept out of all of it. */
export interface JourneyDefinition {
  holdout?: HoldoutDefinition;
  branchPoints: BranchPoints;
}

/** A stable share of everyone that no branch of the journey is played to, so that its worth can be told. */
export interface HoldoutDefinition {
  percentage: number;
  /** Whoever shares a seed and a percentage shares the people; the journey's own unless given. */
  seed?: string;
  /** What they are answered; `holdout` unless given. */
  branch?: string;
}

/** A journey's forks, by key. */
export type BranchPoints = Record<string, BranchPointDefinition>;

/** A fork as it is declared: branches in order, each a rule of its own or a segment, and where everybody else goes. */
export interface BranchPointDefinition {
  branches: BranchDefinition[];
  default: string;
  /** Whether a branch that only time will decide is waited for; `noMatch` unless given. */
  whenPending?: 'wait' | 'noMatch';
  /** How long a source may be silent before branches that rest on it are not told; unless given, it may be for ever. */
  whenStale?: { limits: Record<string, string>; then?: 'hold' | 'default' };
  /** What somebody unknown is answered: the default branch unless given, or as somebody who never did anything. */
  whenUnknown?: 'default' | 'evaluate' | ChosenBranch;
  /** What is answered when the service can't tell: the default branch unless given, or nothing (503). */
  whenDegraded?: 'default' | 'refuse' | ChosenBranch;
  /** Whether decisions are told to Customer.io as `turnout_branch_decided`; true unless given. */
  push?: boolean;
}

export interface ChosenBranch {
  branch: string;
}

export interface BranchDefinition {
  key: string;
  rule?: unknown;
  segment?: string;
  split?: SplitDefinition;
}

/** Divides those who match; whoever falls on no arm takes the branch itself. */
export interface SplitDefinition {
  arms: Share[];
  seed?: string;
}

export const HOLDOUT_BRANCH = 'holdout';

/** Every exit of a branch point, each once; the holdout's is not among them. */
export function exitsOf(point: BranchPointDefinition): string[] {
  const own = point.branches.flatMap((branch) => [branch.key, ...(branch.split?.arms ?? []).map((arm) => arm.key)]);
  return [...new Set([...own, point.default])];
}
