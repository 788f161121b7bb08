import type { HistoryEvent } from '../core/history-event.js';
import { CLICK } from '../ctas/click-class.js';
import { reportedHref } from '../sources/customerio/reported-click.js';
import type { Outcome } from './outcome.js';

/**
 * The clicks in a classed history that are worth reporting to who delivered the message: on links of ours that were made
 * for a delivery, and by people beyond doubt; a report can't be taken back.
 */
export function toldClicks(events: readonly HistoryEvent[]): Outcome[] {
  return events.flatMap((event): Outcome[] => {
    const { id: eventId, name, occurredAt: at, properties } = event;
    const { delivery_id: deliveryId, href, tracked_link: link, actor_class: actor } = properties;
    if (name !== CLICK || actor !== 'human') return [];
    if (typeof deliveryId !== 'string' || typeof href !== 'string' || typeof link !== 'string') return [];
    const payload = { kind: 'click' as const, deliveryId, href: reportedHref(href, link), occurredAt: at };
    return [{ eventId, at, payload }];
  });
}
