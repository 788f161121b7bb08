import { RuleCompiler, say, type Plan } from '../core/compile-rule.js';
import { conditionTypeOf } from '../core/conditions/registry.js';
import type { History } from '../core/history.js';
import type { Instant } from '../core/instant.js';
import { asksWho, type SegmentRules } from '../core/references.js';
import type { Rule } from '../core/rule.js';
import type { Truth } from '../core/truth.js';
import type { FunnelStep } from './preview-result.js';

const MOST_SAMPLES = 20;

/** Counts profiles for which a rule, and each of its conditions alone, is true. */
export class RuleCount {
  readonly plan: Plan;
  /** Of the conditions, or of the rule where it is one. */
  readonly plans: readonly Plan[];
  /** Whether the answer about a profile without events depends on which one it is. */
  readonly needsProfile: boolean;
  readonly sample: number[] = [];
  private readonly totals: Record<Truth, number> = { true: 0, false: 0, pending: 0, insufficient: 0 };
  private readonly steps: FunnelStep[];
  private readonly isChain: boolean;

  constructor(
    rule: Rule,
    segments: SegmentRules,
    private readonly asOf: Instant,
  ) {
    const compiler = new RuleCompiler(segments);
    const parts = partsOf(rule);
    this.isChain = parts.length > 1 && 'all' in rule;
    this.plan = compiler.plan(rule);
    this.plans = parts.map((part) => compiler.plan(part));
    this.steps = parts.map((part) => ({ condition: say(part), alone: 0, remaining: this.isChain ? 0 : null }));
    this.needsProfile = asksWho(rule, segments);
  }

  get size(): number {
    return this.totals.true;
  }

  get pending(): number {
    return this.totals.pending;
  }

  get insufficientHistory(): number {
    return this.totals.insufficient;
  }

  get funnel(): readonly FunnelStep[] {
    return this.steps;
  }

  /** Counts so many profiles with one and the same history; true if they are members. */
  add(history: History, profiles = 1): boolean {
    let isLeft = true;
    for (let i = 0; i < this.plans.length; i++) {
      const holds = this.plans[i]!.condition.judge(history, this.asOf).truth === 'true';
      const step = this.steps[i]!;
      isLeft &&= holds;
      if (holds) step.alone += profiles;
      if (isLeft && this.isChain) step.remaining! += profiles;
    }
    // Where all must hold and do, nothing else is to be asked.
    const truth = this.isChain && isLeft ? 'true' : this.plan.condition.judge(history, this.asOf).truth;
    this.totals[truth] += profiles;
    return truth === 'true';
  }

  wantsSample(): boolean {
    return this.sample.length < MOST_SAMPLES;
  }
}

/** The conditions that a rule joins; itself where it joins none. */
function partsOf(rule: Rule): Rule[] {
  const parts = 'not' in rule && !('attribute' in rule) ? [] : (conditionTypeOf(rule).children?.(rule) ?? []);
  return parts.length === 0 ? [rule] : parts.map((child) => child.rule);
}
