import type { HistoryEvent, Life } from '../history-event.js';
import type { History } from '../history.js';
import type { Instant } from '../instant.js';
import type { Matcher } from '../matcher.js';
import type { Window } from '../window.js';
import { leaf, type CompiledCondition } from './condition.js';
import { sayMissing } from './event-selector.js';

/** A condition on the events that a matcher selects in a window. */
export function eventLeaf(condition: {
  sentence: string;
  matcher: Matcher;
  window: Window;
  judge: CompiledCondition['judge'];
  /** Those of the events that count now on which it rests; all of them unless given. */
  restsOn?: (events: readonly HistoryEvent[]) => readonly HistoryEvent[];
  missing?: (history: History, asOf: Instant) => string;
}): CompiledCondition {
  const { sentence, matcher, window, judge, restsOn = (events) => events } = condition;
  return leaf({
    sentence,
    matchers: [matcher],
    lookback: window.lookback,
    judge,
    evidence: (history, asOf) => {
      const lives = history.livesOf(matcher, window, asOf).filter((life) => counts(life, asOf));
      return restsOn(lives.map((life) => life.event));
    },
    missing: condition.missing ?? ((history) => sayMissing(history, matcher)),
  });
}

/** Whether it counts as of an instant. */
export function counts(life: Life, asOf: Instant): boolean {
  return life.from <= asOf && asOf < life.to;
}
