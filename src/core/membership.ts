import type { Plan } from './compile-rule.js';
import { orNull } from './conditions/condition.js';
import type { History } from './history.js';
import type { HistoryEvent } from './history-event.js';
import type { Instant } from './instant.js';
import { touches } from './matcher.js';
import { isWorthGoingOn } from './timeline.js';

export type TransitionKind = 'entered' | 'exited';

/**
 * Why a membership changed: an event came, or put an older one in another light (a click turned out to be a machine's);
 * time passed; or what was declared is another than at the last evaluation.
 */
export type TransitionCause =
  { kind: 'event' | 'reclassification'; eventId: string } | { kind: 'time' | DeclaredChange };

/** The segment's rule, or something that rules rest on: the CTA catalogue, the start of a source's history. */
export type DeclaredChange = 'rule' | 'catalogue';

export interface Transition {
  kind: TransitionKind;
  /** The instant as of which it happened; for a change by time exactly the instant it was due. */
  at: Instant;
  cause: TransitionCause;
}

export interface Advance {
  transitions: Transition[];
  /** When the membership changes next if no event comes; null: never. */
  dueAt: Instant | null;
}

/** A stretch of time over which a profile's membership is brought up to date. */
export interface Stretch {
  wasMember: boolean;
  /** What was declared since the profile's last evaluation, if anything that matters to it. */
  change?: DeclaredChange;
  /** The new event by which an older one that the rule looks at is seen otherwise. */
  reclassifiedBy?: string | undefined;
  /** The instant from which something is due; never before the last evaluation. */
  from: Instant;
  /** The present. */
  until: Instant;
}

/**
 * Every entry and exit of a profile between two instants, each at the exact instant that the rule gives it, however late
 * the look at it comes. All that is known of the history is used from the start; what occurs later counts once its
 * instant is reached.
 */
export function advanceMembership(plan: Plan, history: History, stretch: Stretch): Advance {
  let isMember = stretch.wasMember;
  const transitions: Transition[] = [];
  for (let at = stretch.from, steps = 0; at !== Infinity; steps++) {
    const { truth, until } = plan.condition.judge(history, at);
    if ((truth === 'true') !== isMember) {
      if (at > stretch.until) return { transitions, dueAt: at };
      isMember = !isMember;
      transitions.push({ kind: isMember ? 'entered' : 'exited', at, cause: causeOf(plan, history, at, stretch) });
    }
    if (at > stretch.until && !isWorthGoingOn(steps, stretch.until, until))
      return { transitions, dueAt: orNull(until) };
    at = until;
  }
  return { transitions, dueAt: null };
}

function causeOf(plan: Plan, history: History, at: Instant, stretch: Stretch): TransitionCause {
  const isFirst = at === stretch.from;
  if (isFirst && stretch.change === 'rule') return { kind: 'rule' };
  const candidates = eventsOf(plan, history).filter(
    (event) => event.occurredAt === at || (isFirst && event.isNew === true && event.occurredAt <= at),
  );
  if (isFirst && stretch.reclassifiedBy !== undefined && !candidates.some((event) => event.isNew)) {
    return { kind: 'reclassification', eventId: stretch.reclassifiedBy };
  }
  const newest = candidates.sort((a, b) => b.occurredAt - a.occurredAt || (a.id < b.id ? 1 : -1))[0];
  if (newest) return { kind: 'event', eventId: newest.id };
  return { kind: (isFirst && stretch.change) || 'time' };
}

function eventsOf(plan: Plan, history: History): HistoryEvent[] {
  const events = new Set(plan.eventNames.flatMap((name) => history.named(name)));
  return [...events].filter((event) => plan.matchers.some((matcher) => touches(matcher, event)));
}
