import type { History } from '../history.js';
import type { Instant, Milliseconds } from '../instant.js';
import type { Matcher } from '../matcher.js';
import type { Rule, RuleKey } from '../rule.js';
import type { Shape } from '../shape.js';
import { isWorthGoingOn, verdictAt, type Timeline, type Verdict } from '../timeline.js';
import { isDetermined, type Truth } from '../truth.js';

/** A node of a compiled rule: everything that evaluation needs, worked out once. */
export interface CompiledCondition {
  /** What it looks for; the union over a plan is the history that must be at hand. */
  matchers: readonly Matcher[];
  /** How far back before `asOf` an event can still matter, in ms; `Infinity` without a window. */
  lookback: Milliseconds;
  /** What it says as of an instant, and until when if no further event comes. */
  judge(history: History, asOf: Instant): Verdict;
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

/** Compiles what a condition is made of. */
export interface CompileContext {
  compile: (rule: Rule) => CompiledCondition;
  /** The rule of another segment, compiled. */
  segment: (key: string) => CompiledCondition;
}

/** A kind of condition as one declared value: its JSON, what it means, how it reads. */
export interface ConditionType<R extends Rule = Rule> {
  key: RuleKey;
  /** The form of its JSON; `aRule` is the form of a nested rule. */
  shape(aRule: Shape<Rule>): Shape<R>;
  compile(rule: R, context: CompileContext): CompiledCondition;
  /** The condition as a sentence; `sayChild` says a nested one. */
  say(rule: R, sayChild: (rule: Rule) => string): string;
  /** The rules nested in it, and where they stand. */
  children?(rule: R): { at: (string | number)[]; rule: Rule }[];
}

/** What a condition on events or attributes must say of itself; the rest follows. */
export interface Leaf {
  sentence: string;
  matchers: readonly Matcher[];
  lookback: Milliseconds;
  judge(history: History, asOf: Instant): Verdict;
  /** The events that it rests on as of an instant, oldest first. */
  evidence: (history: History, asOf: Instant) => readonly { id: string }[];
  /** What is not known. */
  missing: (history: History, asOf: Instant) => string;
}

/** A condition with no parts. */
export function leaf({ sentence, evidence, missing, ...condition }: Leaf): CompiledCondition {
  return {
    ...condition,
    explain: (history, asOf) => {
      const { truth, until } = condition.judge(history, asOf);
      const ids = evidence(history, asOf).map((event) => event.id);
      return {
        condition: sentence,
        value: truth,
        changesAt: orNull(until),
        evidence: [...new Set(ids)].slice(-MOST_EVIDENCE).reverse(),
        ...(truth === 'insufficient' && { missing: missing(history, asOf) }),
      };
    },
  };
}

/** Judges by a timeline, which is drawn from the first instant that is asked about. */
export function judgeBy(draw: (history: History, since: Instant) => Timeline): CompiledCondition['judge'] {
  return (history, asOf) => verdictAt(history.since(draw, asOf, (since) => draw(history, since)).value, asOf);
}

/** When an undetermined value will be known if no event comes; null where it is known, or time will not tell for years. */
export function settlesAt(condition: CompiledCondition, history: History, asOf: Instant): Instant | null {
  let at = asOf;
  for (let steps = 0; isWorthGoingOn(steps, asOf, at); steps++) {
    const { truth, until } = condition.judge(history, at);
    if (isDetermined(truth)) return at === asOf ? null : at;
    at = until;
  }
  return null;
}

/** JSON has no infinity: "never" is null there. */
export function orNull(at: Instant): Instant | null {
  return at === Infinity ? null : at;
}
