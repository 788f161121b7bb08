import { armOf, type Allocation } from './allocation.js';
import type { Plan } from './compile-rule.js';
import type { Because } from './conditions/condition.js';
import { evaluate, explain } from './evaluate.js';
import type { History } from './history.js';
import type { Instant } from './instant.js';
import { isWorthGoingOn } from './timeline.js';

/** A stable division of profiles among arms; whoever falls on none is left over. */
export interface PlannedSplit {
  seed: string;
  allocation: Allocation;
}

export interface PlannedBranch {
  key: string;
  plan: Plan;
  /** Divides those who match; whoever falls on no arm takes the branch itself. */
  split?: PlannedSplit;
}

/** A fork in a journey, ready to be decided. */
export interface PlannedBranchPoint {
  /** Asked in this order; the first that matches is taken. */
  branches: readonly PlannedBranch[];
  defaultBranch: string;
  /** Whether a branch that only time will decide is waited for, or counts as no match. */
  whenPending: 'wait' | 'noMatch';
  /** What is answered while a source that a branch needs lags: nothing yet, or the default. */
  whenStale?: 'hold' | 'default';
  /** Who is kept out of the whole journey, and what they are answered. */
  holdout?: PlannedSplit & { branch: string };
}

/** OpenFeature's reasons, and `PENDING` for a decision that waits for time to tell. */
export type DecisionReason = 'TARGETING_MATCH' | 'SPLIT' | 'DEFAULT' | 'STALE' | 'PENDING';

export interface Choice {
  /** The exit: a branch, an arm of its split, the holdout's or the default; null while the decision is open. */
  branch: string | null;
  /** The branch whose rule was true, whatever arm of it was taken; null where none was. */
  matched: string | null;
  reason: DecisionReason;
  settlesAt: Instant | null;
  /** The earliest instant at which the choice could change if no event came; early is possible, late is not. */
  changesAt: Instant | null;
  /** How many branches were looked at, from the first on. */
  looked: number;
}

/** Why a choice was made: each branch that was looked at, in order. */
export type ChoiceBecause = { branch: string; because: Because }[];

/** Whether a source that a branch needs lags beyond the branch point's limit. */
export type IsStale = (branch: PlannedBranch) => boolean;

const NEVER_STALE: IsStale = () => false;

/**
 * The first branch in order whose rule is true, else the default. A pending branch stops the search if it is waited for,
 * and so does one that rests on a source that lags.
 */
export function decide(
  point: PlannedBranchPoint,
  history: History,
  asOf: Instant,
  isStale: IsStale = NEVER_STALE,
): Choice {
  const { holdout, branches, defaultBranch } = point;
  const none = { matched: null, settlesAt: null, changesAt: null };
  if (holdout && armOf(holdout.allocation, holdout.seed, history.profile) !== undefined) {
    return { ...none, branch: holdout.branch, reason: 'SPLIT', looked: 0 };
  }
  let changesAt: Instant | null = null;
  for (let index = 0; index < branches.length; index++) {
    const branch = branches[index]!;
    if (point.whenStale && isStale(branch)) {
      const held = point.whenStale === 'hold';
      return { ...none, branch: held ? null : defaultBranch, reason: 'STALE', changesAt, looked: index };
    }
    const { value, isMember, nextChangeAt, settlesAt } = evaluate(branch.plan, history, asOf);
    changesAt = earlier(changesAt, nextChangeAt);
    const known = { changesAt, looked: index + 1 };
    if (isMember) return { ...taken(branch, history), settlesAt: null, ...known };
    if (value === 'pending' && point.whenPending === 'wait') {
      return { branch: null, matched: null, reason: 'PENDING', settlesAt, ...known };
    }
  }
  return { ...none, branch: defaultBranch, reason: 'DEFAULT', changesAt, looked: branches.length };
}

/** Why a choice was made, as a tree for each branch that was looked at. */
export function explainChoice(
  point: PlannedBranchPoint,
  history: History,
  asOf: Instant,
  { looked }: Pick<Choice, 'looked'>,
): ChoiceBecause {
  return point.branches
    .slice(0, looked)
    .map(({ key, plan }) => ({ branch: key, because: explain(plan, history, asOf) }));
}

/** How an open decision stands as of an instant, and if it is still open, when it is to be looked at again. */
export interface Settled {
  at: Instant;
  choice: Choice;
  /** Null where only an event can tell; without meaning once a branch is chosen. */
  openUntil: Instant | null;
}

/**
 * Settles an open decision: as of the first instant from its own on, and not after the present, at which a branch can be
 * told. However late the look at it comes, the answer and its instant are those of a look in time.
 */
export function settle(
  point: PlannedBranchPoint,
  history: History,
  { from, until }: { from: Instant; until: Instant },
  isStale: IsStale = NEVER_STALE,
): Settled {
  let at = from;
  for (let steps = 0; ; steps++) {
    const choice = decide(point, history, at, isStale);
    const next = choice.reason === 'STALE' ? null : earlier(choice.changesAt, choice.settlesAt);
    const isLast = choice.branch !== null || next === null || next > until || !isWorthGoingOn(steps, from, next);
    if (isLast) return { at, choice, openUntil: next };
    at = next;
  }
}

function taken({ key, split }: PlannedBranch, history: History): Pick<Choice, 'branch' | 'matched' | 'reason'> {
  if (!split) return { branch: key, matched: key, reason: 'TARGETING_MATCH' };
  return { branch: armOf(split.allocation, split.seed, history.profile) ?? key, matched: key, reason: 'SPLIT' };
}

function earlier(a: Instant | null, b: Instant | null): Instant | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}
