/**
 * The rule language, as marketers write it in JSON.
 *
 * rule       the whole tree, or any node of it
 * condition  a node that looks at the profile (`performed`, `attribute`, `bucket`) or combines others (`all`, `not`)
 * window     the span a condition looks back over; it gives each event the interval of `asOf` in which the event counts
 * anchor     in a sequence, the event that others must, or must not, follow
 * follower   an event that follows; a distinct one, at the anchor's instant or later
 */
export type Rule =
  PerformedRule | AttributeRule | SegmentRule | BucketRule | EveryoneRule | AllRule | AnyRule | NotRule | AtLeastRule;

/** The field by which a node's type is known. */
export type RuleKey = 'performed' | 'attribute' | 'segment' | 'bucket' | 'everyone' | 'all' | 'any' | 'not' | 'atLeast';

/** An event's exact name, or how the name begins. */
export type EventName = string | { startsWith: string };

/** Which events count: by name, properties of the same event, who acted, and whether undone purchases count. */
export interface EventSelector {
  performed: EventName;
  where?: Where;
  /** Whose clicks and opens count; `humans` unless given, which includes the suspect ones. */
  by?: ActorChoice;
  /** True to count purchases that were later cancelled or fully refunded. */
  gross?: boolean;
}

/** The span that a condition looks back over; without any field, all time. */
export interface WindowFields {
  /** At most this long ago: an event at `t` counts until `t + within`. */
  within?: string;
  /** More than this long ago: an event at `t` counts from `t + before` on. Beside `within`: between the two. */
  before?: string;
  /** From the first instant on and before the second, ISO 8601; null for an open end. */
  between?: [string | null, string | null];
  /** Whole days, weeks, months, quarters or years of a time zone. */
  calendar?: CalendarWindow;
}

export interface CalendarWindow {
  unit: CalendarUnit;
  /** IANA name, such as "Europe/Berlin". */
  timeZone: string;
  /** So many whole periods before the present one. */
  last?: number;
  /** True to count the present period: alone, or after the last ones. */
  current?: boolean;
}

export type CalendarUnit = 'day' | 'week' | 'month' | 'quarter' | 'year';

export interface PerformedRule extends EventSelector, WindowFields {
  /** How many events; in a sequence, how many anchors. "At least 1" unless given. */
  count?: Count;
  sum?: Aggregate;
  min?: Aggregate;
  max?: Aggregate;
  avg?: Aggregate;
  distinct?: DistinctAggregate;
  first?: OneEvent;
  last?: OneEvent;
  followedBy?: FollowerStep;
  notFollowedBy?: FollowerStep;
  /** In a sequence, which of the anchors in the window it is about; any of them unless given. */
  anchor?: 'any' | 'first' | 'last';
}

/** An aggregate of a numeric property over the matched events, and the bounds it must keep. */
export interface Aggregate extends Bounds {
  property: string;
  /** The currency to reckon in (as in the events' property `currency`); null for numbers that are no money. */
  currency?: string | null;
  /** What one unit of another currency is worth in `currency`. */
  rates?: Record<string, Amount>;
}

/** How many different values a property has over the matched events. */
export interface DistinctAggregate extends Count {
  property: string;
}

/** Bounds of an exact decimal; all that are given must hold. */
export interface Bounds {
  atLeast?: Amount;
  atMost?: Amount;
  above?: Amount;
  below?: Amount;
  exactly?: Amount;
}

/** A number, or a decimal as text such as "149.90". */
export type Amount = number | string;

/** What the first or the last matched event must be like. */
export interface OneEvent {
  where?: Where;
  /** At least this long ago. */
  olderThan?: string;
  /** Less than this long ago. */
  youngerThan?: string;
}

/** A step of a sequence; it may itself have to be followed, or not. */
export interface FollowerStep extends EventSelector {
  /** How long after the event before it: in `[anchor, anchor + within)`. */
  within?: string;
  /** Properties that must be present and equal on this event and the one before it. */
  same?: string[];
  followedBy?: FollowerStep;
  notFollowedBy?: FollowerStep;
}

/** What a profile's attribute is now, or has been for some time. All operators that are given must hold. */
export interface AttributeRule extends PropertyOperators {
  attribute: string;
  /** A date less than this long ago, or now. */
  withinLast?: string;
  /** A date at least this long ago. */
  olderThan?: string;
  /** A date to come, at most this far ahead. */
  withinNext?: string;
  /** A date more than this far ahead. */
  furtherThan?: string;
  anniversary?: Anniversary;
  /** It has been so for at least this long, without a break. */
  for?: string;
}

/** The day of a date in every year after its own: on that day, or from `within` before it to its end. */
export interface Anniversary {
  timeZone: string;
  within?: string;
}

/** Membership of another segment, as if its rule stood here. */
export interface SegmentRule {
  segment: string;
  /** A member for at least this long, without a break. */
  for?: string;
}

/** A stable share of all profiles: those whose place between 0 and 100, given by the seed, is in `[from, to)`. */
export interface BucketRule {
  bucket: { seed: string; from: number; to: number };
}

export interface EveryoneRule {
  everyone: true;
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

export interface AtLeastRule {
  atLeast: number;
  of: Rule[];
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

/** A bare value means equals. */
export type PropertyTest = Scalar | PropertyOperators;

/** What a value must be; all that are given must hold. A missing value passes `not`, `notIn` and `exists: false` only. */
export interface PropertyOperators {
  equals?: Scalar;
  not?: Scalar;
  in?: Scalar[];
  notIn?: Scalar[];
  exists?: boolean;
  /** A part of a text, or an entry of a list. */
  contains?: Scalar;
  startsWith?: string;
  endsWith?: string;
  /** Numbers, or decimals as text; compared exactly. */
  atLeast?: Amount;
  atMost?: Amount;
  above?: Amount;
  below?: Amount;
  /** Dates: ISO 8601, `YYYY-MM-DD` (midnight UTC), or a unix time in seconds or milliseconds. */
  before?: string;
  onOrAfter?: string;
}

export type Scalar = string | number | boolean | null;

/** What is wrong with a rule: where (RFC 6901), what, and what would be right. */
export interface RuleProblem {
  pointer: string;
  problem: string;
  expected: string;
}
