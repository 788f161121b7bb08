import type { FindingKind } from './judge-value.js';
import type { QueryPair } from './query-pairs.js';

export interface UtmFinding {
  kind: FindingKind;
  /** What is no error only deserves a look. */
  severity: 'error' | 'warning';
  /** The parameter, in its one spelling; null where the finding is about the whole link. */
  key: string | null;
  value: string | null;
  /** Where it stands in the link, counted from 0; null for what is missing. */
  offset: number | null;
  detail: string;
  expected: string;
  suggestion: string | null;
}

/** A UTM parameter as it stands in a link. */
export interface UtmPair extends QueryPair {
  /** The parameter's one spelling. */
  key: string;
  isDynamic: boolean;
}
