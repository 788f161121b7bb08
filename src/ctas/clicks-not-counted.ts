import type { Plan } from '../core/compile-rule.js';
import type { History } from '../core/history.js';
import type { HistoryEvent } from '../core/history-event.js';
import { toIso, type Instant } from '../core/instant.js';
import { touches } from '../core/matcher.js';
import { CLICK } from './click-class.js';

/** A click that a rule would count, had a person made it for sure. */
export interface ClickNotCounted {
  eventId: string;
  at: string;
  actorClass: string;
  reasons: readonly string[];
}

const MOST_SHOWN = 20;

/** The clicks up to an instant, newest first, that a rule passes over for nothing but who clicked. */
export function clicksNotCounted(plan: Plan, history: History, asOf: Instant): ClickNotCounted[] {
  const isSelected = (click: HistoryEvent): boolean => plan.matchers.some((matcher) => touches(matcher, click));
  const passedOver = history.named(CLICK).filter((click) => {
    if (click.occurredAt > asOf || click.properties.actor_class === 'human' || isSelected(click)) return false;
    return isSelected({ ...click, properties: { ...click.properties, actor_class: 'human' } });
  });
  return passedOver
    .slice(-MOST_SHOWN)
    .reverse()
    .map(({ id, occurredAt, properties }) => ({
      eventId: id,
      at: toIso(occurredAt),
      actorClass: String(properties.actor_class),
      reasons: (properties.actor_reasons ?? []) as string[],
    }));
}
