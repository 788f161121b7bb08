import type { History } from '../history.js';
import type { Instant, Milliseconds } from '../instant.js';
import type { Matcher } from '../matcher.js';
import type { Rule, RuleKey } from '../rule.js';
import type { Shape } from '../shape.js';
import type { Timeline, Truth } from '../timeline.js';

/** A node of a compiled rule: everything that evaluation needs, worked out once. */
export interface CompiledCondition {
  /** What it looks for; the union over a plan is the history that must be at hand. */
  matchers: readonly Matcher[];
  /** How far back before `asOf` an event can still matter, in ms; `Infinity` without a window. */
  lookback: Milliseconds;
  /** What it says as of an instant and from then on, if no further event comes. */
  timeline(history: History, asOf: Instant): Timeline;
  /** Why it says so as of that instant. */
  explain(history: History, asOf: Instant): Because;
}

/** Why a condition says what it says: short enough to read, exact enough to check. */
export interface Because {
  /** The condition in a marketer's words. */
  condition: string;
  value: Truth;
  /** When the value changes next if no event comes; for a member, this is "leaves at". */
  changesAt: Instant | null;
  /** Ids of the events that it rests on, newest first, at most {@link MOST_EVIDENCE}. */
  evidence?: string[];
  /** What is not known, where the value is `insufficient`. */
  missing?: string;
  of?: Because[];
}

export const MOST_EVIDENCE = 5;

/** A kind of condition as one declared value: its JSON, what it means, how it reads. */
export interface ConditionType<R extends Rule = Rule> {
  key: RuleKey;
  /** The form of its JSON; `aRule` is the form of a nested rule. */
  shape(aRule: Shape<Rule>): Shape<R>;
  compile(rule: R, compileChild: (rule: Rule) => CompiledCondition): CompiledCondition;
  /** The condition as a sentence; `sayChild` says a nested one. */
  say(rule: R, sayChild: (rule: Rule) => string): string;
}
