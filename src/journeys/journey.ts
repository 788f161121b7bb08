/** A journey's forks, by key. */
export type BranchPoints = Record<string, BranchPointDefinition>;

/** A fork as it is declared: branches in order, each a rule of its own or a segment, and where everybody else goes. */
export interface BranchPointDefinition {
  branches: BranchDefinition[];
  default: string;
  /** Whether a branch that only time will decide is waited for; `noMatch` unless given. */
  whenPending?: 'wait' | 'noMatch';
  /** Whether decisions are told to Customer.io as `turnout_branch_decided`; true unless given. */
  push?: boolean;
}

export interface BranchDefinition {
  key: string;
  rule?: unknown;
  segment?: string;
}
