import type { History } from '../history.js';
import { parseDuration, type Instant, type Milliseconds } from '../instant.js';
import { isWorthGoingOn, type Step, type Verdict } from '../timeline.js';
import type { Truth } from '../truth.js';
import { orNull, type CompiledCondition } from './condition.js';

/**
 * That a condition has been true without a break for at least so long: from `duration` after it became true until it ends.
 * What was pending was not yet so.
 */
export function sustained(condition: CompiledCondition, duration: string, sentence: string): CompiledCondition {
  const span = parseDuration(duration)!;
  const judge: CompiledCondition['judge'] = (history, asOf) =>
    judgeOver(new Past(condition, history, asOf - span), span, asOf);
  return {
    matchers: condition.matchers,
    lookback: condition.lookback + span,
    judge,
    explain: (history, asOf) => {
      const { truth, until } = judge(history, asOf);
      const part = condition.explain(history, asOf);
      const missing = 'it is not known what was so at the beginning of that time';
      return {
        condition: sentence,
        value: truth,
        changesAt: orNull(until),
        ...(truth === 'insufficient' && { missing: part.missing ?? missing }),
        of: [part],
      };
    },
  };
}

function judgeOver(past: Past, span: Milliseconds, asOf: Instant): Verdict {
  const truth = past.over(asOf - span, asOf);
  let at = past.changeAfter(asOf, span);
  for (let steps = 0; isWorthGoingOn(steps, asOf, at); steps++) {
    if (past.over(at - span, at) !== truth) break;
    at = past.changeAfter(at, span);
  }
  return { truth, until: at };
}

/** What a condition said from an instant on, known as far as it was asked for. */
class Past {
  private readonly steps: Step<Truth>[] = [];
  private end: Instant;

  constructor(
    private readonly condition: CompiledCondition,
    private readonly history: History,
    start: Instant,
  ) {
    this.end = start;
  }

  /** True if it was true all the time between two instants, both included; false if it was not at one. */
  over(from: Instant, to: Instant): Truth {
    this.learn(to);
    const said = this.steps.filter((step, index) => step.at <= to && (this.steps[index + 1]?.at ?? this.end) > from);
    if (said.some((step) => step.state === 'false' || step.state === 'pending')) return 'false';
    return said.some((step) => step.state === 'insufficient') ? 'insufficient' : 'true';
  }

  /** The next instant after `at` at which it changes, or at which a change of it has been `span` ago. */
  changeAfter(at: Instant, span: Milliseconds): Instant {
    this.learn(at);
    const instants = this.steps.slice(1).flatMap((step) => [step.at, step.at + span]);
    return Math.min(this.end, ...instants.filter((one) => one > at));
  }

  private learn(to: Instant): void {
    while (this.end <= to) {
      const { truth, until } = this.condition.judge(this.history, this.end);
      this.steps.push({ at: this.end, state: truth });
      this.end = until;
    }
  }
}
