import { allocate, type Allocation } from '../core/allocation.js';
import { HOLDOUT_BRANCH, type JourneyDefinition } from './journey.js';

/** The places that a journey's splits have given out, by branch point and branch, and by what seed they are drawn. */
export interface JourneyAllocations {
  splits: Record<string, Record<string, { seed: string; allocation: Allocation }>>;
  holdout?: { seed: string; allocation: Allocation; branch: string };
}

/** Gives out a journey's places; what the version before gave stays given where the seed is still the same. */
export function allocationsOf(
  key: string,
  journey: JourneyDefinition,
  before: JourneyAllocations = { splits: {} },
): JourneyAllocations {
  const splits = Object.entries(journey.branchPoints).map(([name, point]) => {
    const divided = point.branches.flatMap((branch) => {
      if (!branch.split) return [];
      const seed = branch.split.seed ?? `${key}/${name}/${branch.key}`;
      const known = before.splits[name]?.[branch.key];
      const kept = known?.seed === seed ? known.allocation : {};
      return [[branch.key, { seed, allocation: allocate(branch.split.arms, kept) }] as const];
    });
    return [name, Object.fromEntries(divided)] as const;
  });
  const allocations: JourneyAllocations = { splits: Object.fromEntries(splits) };
  if (!journey.holdout) return allocations;
  const { percentage, seed = `${key}/holdout`, branch = HOLDOUT_BRANCH } = journey.holdout;
  return { ...allocations, holdout: { seed, branch, allocation: allocate([{ key: branch, percentage }]) } };
}
