/** A mutant that no test can tell from the original, and why. */
export interface ExplainedMutant {
  file: string;
  /** The lines that the mutant touches, as one line with single spaces. */
  before: string;
  /** The same with the mutation. */
  after: string;
  why: string;
}

/** Reckoned with only where the mutant survives; the command names the entries that no longer fit any mutant. */
export const EXPLAINED: readonly ExplainedMutant[] = [];
