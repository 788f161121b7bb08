/**
 * The rule language, as marketers write it in JSON.
 *
 * rule       the whole tree, or any node of it
 * condition  a node that looks at the history (`performed`) or combines others (`all`, `any`, `not`)
 * window     the span a condition looks back over; an event at `t` counts for every `asOf` in `[t, t + within)`
 * anchor     in a sequence, the event that another one must, or must not, follow
 * follower   that other event; a distinct one, at the anchor's instant or later
 */
export type Rule = PerformedRule | AllRule | AnyRule | NotRule;

export type RuleKey = 'performed' | 'all' | 'any' | 'not';

/** Which events count: by name, properties of the same event, who acted, and whether undone purchases count. */
export interface EventSelector {
  performed: string;
  where?: Where;
  /** Whose clicks and opens count; `humans` unless given, which includes the suspect ones. */
  by?: ActorChoice;
  /** True to count purchases that were later cancelled or fully refunded. */
  gross?: boolean;
}

export interface PerformedRule extends EventSelector {
  within?: string;
  count?: Count;
  followedBy?: FollowerStep;
  notFollowedBy?: FollowerStep;
}

export interface FollowerStep extends EventSelector {
  within?: string;
  /** Properties that must be present and equal on anchor and follower. */
  same?: string[];
}

export interface AllRule {
  all: Rule[];
}

export interface AnyRule {
  any: Rule[];
}

export interface NotRule {
  not: Rule;
}

export type ActorChoice = 'humans' | 'strictHumans' | 'machines' | 'anyone';

/** How often; a bound that is missing does not bind. */
export interface Count {
  atLeast?: number;
  atMost?: number;
  exactly?: number;
}

/** Property name (dots lead into nested objects) → what it must be. All must hold on the same event. */
export type Where = Record<string, PropertyTest>;

export type PropertyTest = Scalar | PropertyOperators;

export interface PropertyOperators {
  equals?: Scalar;
  not?: Scalar;
  in?: Scalar[];
  exists?: boolean;
  contains?: string;
  startsWith?: string;
  endsWith?: string;
}

export type Scalar = string | number | boolean | null;

/** What is wrong with a rule: where (RFC 6901), what, and what would be right. */
export interface RuleProblem {
  pointer: string;
  problem: string;
  expected: string;
}
