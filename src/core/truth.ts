/**
 * What a condition says. `pending` and `insufficient` are the two kinds of undetermined: time alone will tell, or the
 * window starts before the source's data do.
 */
export type Truth = 'true' | 'false' | 'pending' | 'insufficient';

/** How many of some parts must be true. */
export interface CountBounds {
  least: number;
  most: number;
}

/** Kleene's logic by counting: so many parts are true, and so many are undetermined. */
export interface PartCounts {
  true: number;
  pending: number;
  /** `Infinity` where nobody knows how many there may be. */
  insufficient: number;
}

/**
 * Whether the number of true parts keeps the bounds, whatever the undetermined ones turn out to be. What time may still
 * decide is pending; what it can't is insufficient. "All" of n parts is `{least: n, most: n}`, "any" is at least 1.
 */
export function judgeCount(counts: PartCounts, bounds: CountBounds): Truth {
  const { true: least, pending, insufficient } = counts;
  const most = least + pending + insufficient;
  if (least >= bounds.least && most <= bounds.most) return 'true';
  if (most < bounds.least || least > bounds.most) return 'false';
  return canTimeDecide(counts, bounds) ? 'pending' : 'insufficient';
}

/** Whether the pending parts can turn out so that the insufficient ones make no difference. */
function canTimeDecide({ true: least, pending, insufficient }: PartCounts, bounds: CountBounds): boolean {
  if (least + insufficient < bounds.least || least + pending > bounds.most) return true;
  const fewest = Math.max(0, bounds.least - least);
  const mostAllowed = bounds.most === Infinity ? Infinity : bounds.most - least - insufficient;
  return fewest <= Math.min(pending, mostAllowed);
}

/** Kleene's "not": what is undetermined stays so. */
export function negationOf(truth: Truth): Truth {
  if (truth === 'true') return 'false';
  return truth === 'false' ? 'true' : truth;
}

export function isDetermined(truth: Truth): boolean {
  return truth === 'true' || truth === 'false';
}
