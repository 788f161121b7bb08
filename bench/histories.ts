import type { HistoryEvent } from '../src/core/history-event.js';

export const DAY = 86_400_000;
export const NOW = Date.UTC(2026, 10, 24);

const CTAS = ['cart', 'replenish', 'product', 'guide'];

/**
 * Histories of so many events over the last 120 days, distinct and in order of time: deliveries, clicks, purchases, and a
 * few cancellations. `ctas` are further CTAs, so that many rules can be about different ones.
 */
export function histories(
  profiles: number,
  events: number,
  random: () => number,
  ctas: readonly string[] = [],
): HistoryEvent[][] {
  return Array.from({ length: profiles }, (_, profile) => {
    const instants = Array.from({ length: events }, () => NOW - Math.floor(random() * 120 * DAY)).sort((a, b) => a - b);
    return instants.map((occurredAt, index) => eventAt(occurredAt, `${profile}-${String(index).padStart(5, '0')}`));
  });

  function eventAt(occurredAt: number, id: string): HistoryEvent {
    const kind = random();
    const order = String(Math.floor(random() * 20));
    const all = [...CTAS, ...ctas];
    if (kind < 0.5) {
      const cta = all[Math.floor(random() * all.length)];
      return {
        id,
        name: 'click',
        occurredAt,
        properties: { cta, campaign_id: Math.floor(random() * 5), channel: 'email' },
      };
    }
    if (kind < 0.8) {
      return { id, name: 'email_delivered', occurredAt, properties: { campaign_id: Math.floor(random() * 5) } };
    }
    if (kind < 0.97) {
      const properties = { order_id: order, revenue: `${Math.floor(random() * 200)}.00`, currency: 'EUR' };
      return { id, name: 'purchase', occurredAt, properties };
    }
    return { id, name: 'order_cancelled', occurredAt, properties: { order_id: order } };
  }
}
