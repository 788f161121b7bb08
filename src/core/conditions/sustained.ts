import type { History } from '../history.js';
import { parseDuration, type Instant, type Milliseconds } from '../instant.js';
import { untilChanged, type Verdict } from '../timeline.js';
import type { Truth } from '../truth.js';
import { orNull, type CompiledCondition } from './condition.js';

/**
 * That a condition has been true without a break for at least so long: from `duration` after it became true until it ends.
 * What was pending was not yet so.
 */
export function sustained(condition: CompiledCondition, duration: string, sentence: string): CompiledCondition {
  const span = parseDuration(duration)!;
  const judge: CompiledCondition['judge'] = (history, asOf) => {
    const { value: past } = history.since(condition, asOf - span, (start) => new Past(condition, history, start));
    return untilChanged((at) => judgeOver(past.stretchAt(at), span, at), asOf);
  };
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

/** A time over which a condition said the same. */
interface Stretch {
  from: Instant;
  to: Instant;
  truth: Truth;
  /** When it was false, or pending, for the last time before; and when it was not known. */
  falseUntil: Instant;
  unknownUntil: Instant;
}

/** Whether it was true all the time from `span` ago until now, both included, and until when that stays so. */
function judgeOver(stretch: Stretch, span: Milliseconds, asOf: Instant): Verdict {
  const { truth, to, falseUntil, unknownUntil } = stretch;
  if (truth === 'false' || truth === 'pending') return { truth: 'false', until: to };
  if (falseUntil > asOf - span) return { truth: 'false', until: Math.min(to, falseUntil + span) };
  if (truth === 'insufficient') return { truth, until: to };
  if (unknownUntil > asOf - span) return { truth: 'insufficient', until: Math.min(to, unknownUntil + span) };
  return { truth, until: to };
}

/** What a condition said from an instant on, known as far as it was asked for; each stretch is asked for once. */
class Past {
  private readonly stretches: Stretch[] = [];

  constructor(
    private readonly condition: CompiledCondition,
    private readonly history: History,
    private readonly start: Instant,
  ) {}

  /** The stretch in which an instant lies; not before the start. */
  stretchAt(at: Instant): Stretch {
    while ((this.stretches.at(-1)?.to ?? this.start) <= at) this.learn();
    let low = 0;
    let high = this.stretches.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.stretches[middle]!.from <= at) low = middle;
      else high = middle - 1;
    }
    return this.stretches[low]!;
  }

  private learn(): void {
    const last = this.stretches.at(-1);
    const from = last?.to ?? this.start;
    const { truth, until } = this.condition.judge(this.history, from);
    const wasFalse = last?.truth === 'false' || last?.truth === 'pending';
    this.stretches.push({
      from,
      to: until,
      truth,
      falseUntil: wasFalse ? from : (last?.falseUntil ?? -Infinity),
      unknownUntil: last?.truth === 'insufficient' ? from : (last?.unknownUntil ?? -Infinity),
    });
  }
}
