import type { Because } from '../core/conditions/condition.js';

/** One condition of the rule, in order. */
export interface FunnelStep {
  condition: string;
  /** Profiles for which it is true by itself. */
  alone: number;
  /** Where all conditions must hold: those for which it and all before it are true; else null. */
  remaining: number | null;
}

/** What a rule says of everybody. */
export interface PreviewResult {
  size: number;
  /** No members, but only since time has yet to tell, or data are missing. */
  pending: number;
  insufficientHistory: number;
  funnel: FunnelStep[];
  sample: { profileId: number; because: Because }[];
}
