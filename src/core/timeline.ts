import type { Instant } from './instant.js';

/**
 * What a condition says. `pending` and `insufficient` are the two kinds of undetermined: time alone will tell, or the
 * window starts before the source's data do.
 */
export type Truth = 'true' | 'false' | 'pending' | 'insufficient';

export interface TruthStep {
  at: Instant;
  truth: Truth;
}

/**
 * What a condition says from an instant on if no further event comes: never empty, in order of time, each step
 * different from the one before. The first step's instant is the one that was asked about. Because conditions answer
 * with their whole future, the next change of a tree is exact, not the earliest change of any of its leaves.
 */
export type Timeline = readonly TruthStep[];

/** The timeline that never changes. */
export function constantly(truth: Truth, at: Instant): Timeline {
  return [{ at, truth }];
}

/** Kleene's "and": false wins, then what only time will tell, since that may decide it, then what can't be known. */
export function allOf(truths: readonly Truth[]): Truth {
  if (truths.includes('false')) return 'false';
  return undeterminedIn(truths) ?? 'true';
}

/** Kleene's "or": true wins, then what only time will tell, since that may decide it, then what can't be known. */
export function anyOf(truths: readonly Truth[]): Truth {
  if (truths.includes('true')) return 'true';
  return undeterminedIn(truths) ?? 'false';
}

/** Kleene's "not": what is undetermined stays so. */
export function negationOf(truth: Truth): Truth {
  if (truth === 'true') return 'false';
  return truth === 'false' ? 'true' : truth;
}

function undeterminedIn(truths: readonly Truth[]): Truth | undefined {
  if (truths.includes('pending')) return 'pending';
  return truths.includes('insufficient') ? 'insufficient' : undefined;
}

/** The timeline of a combination; all parts start at the same instant. */
export function combine(parts: readonly Timeline[], fold: (truths: readonly Truth[]) => Truth): Timeline {
  const instants = [...new Set(parts.flatMap((part) => part.map((step) => step.at)))].sort((a, b) => a - b);
  const positions = parts.map(() => 0);
  const steps = instants.map((at) => {
    const truths = parts.map((part, index) => {
      while (part[positions[index]! + 1] && part[positions[index]! + 1]!.at <= at) positions[index]!++;
      return part[positions[index]!]!.truth;
    });
    return { at, truth: fold(truths) };
  });
  return withoutRepeats(steps);
}

/** A timeline from steps in order of time that may repeat a truth. */
export function withoutRepeats(steps: readonly TruthStep[]): Timeline {
  return steps.filter((step, index) => index === 0 || step.truth !== steps[index - 1]!.truth);
}
