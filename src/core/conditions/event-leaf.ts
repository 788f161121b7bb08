import { firstFrom, type HistoryEvent, type Life } from '../history-event.js';
import type { History } from '../history.js';
import type { Instant } from '../instant.js';
import type { Matcher } from '../matcher.js';
import type { Window } from '../window.js';
import { leaf, MOST_EVIDENCE, type CompiledCondition } from './condition.js';
import { sayMissing } from './event-selector.js';

/** A condition on the events that a matcher selects in a window. */
export function eventLeaf(condition: {
  sentence: string;
  matcher: Matcher;
  window: Window;
  judge: CompiledCondition['judge'];
  /** On which of the events that count now it rests; all of them unless given. */
  restsOn?: 'first' | 'last';
  missing?: (history: History, asOf: Instant) => string;
}): CompiledCondition {
  const { sentence, matcher, window, judge, restsOn } = condition;
  return leaf({
    sentence,
    matchers: [matcher],
    lookback: window.lookback,
    judge,
    evidence: (history, asOf) => {
      if (restsOn === 'first') return countingNow(history, matcher, window, asOf).slice(-1);
      return countingNow(history, matcher, window, asOf, restsOn === 'last' ? 1 : MOST_EVIDENCE).reverse();
    },
    missing: condition.missing ?? ((history) => sayMissing(history, matcher)),
  });
}

/** Whether it counts as of an instant. */
export function counts(life: Life, asOf: Instant): boolean {
  return life.from <= asOf && asOf < life.to;
}

/** The events that count as of an instant, the newest first, and at most so many. */
function countingNow(
  history: History,
  matcher: Matcher,
  window: Window,
  asOf: Instant,
  most = Infinity,
): HistoryEvent[] {
  const events = history.candidatesFor(matcher);
  const oldest = window.reachesBackTo(asOf);
  const counting: HistoryEvent[] = [];
  for (let i = firstFrom(events, asOf + 1) - 1; i >= 0 && counting.length < most; i--) {
    const event = events[i]!;
    if (event.occurredAt < oldest) break;
    const life = matcher.selects(event) && history.lifeOf(event, matcher, window);
    if (life && counts(life, asOf)) counting.push(event);
  }
  return counting;
}
