import type { HistoryEvent } from '../../src/core/history-event.js';

const SECOND = 1_000;
const HOUR = 3_600_000;

/**
 * Who made a click, as docs/ctas.md says it with the settings as by default, in the plainest way: every click is held
 * against every other event. `kindOf` is the kind of a link's CTA, `linkOf` its one spelling.
 */
export function naiveActor(
  click: HistoryEvent,
  events: readonly HistoryEvent[],
  { kindOf, linkOf }: { kindOf(href: string): string | null | undefined; linkOf(href: string): string },
): string {
  const hrefOf = (event: HistoryEvent): string => String(event.properties.href);
  const delivery = click.properties.delivery_id;
  const ofDelivery = events.filter((event) => delivery !== undefined && event.properties.delivery_id === delivery);
  const clicks = ofDelivery.filter((event) => event.name === 'click');
  const isTrap = (event: HistoryEvent): boolean => kindOf(hrefOf(event)) === 'honeypot';

  const linksBetween = (from: number, to: number): number =>
    new Set(clicks.filter((one) => one.occurredAt >= from && one.occurredAt < to).map((one) => linkOf(hrefOf(one))))
      .size;
  /** Some span of that length that holds the click, and so many links. */
  const isAmong = (links: number, span: number): boolean =>
    clicks.some(
      ({ occurredAt: from }) =>
        from <= click.occurredAt && click.occurredAt < from + span && linksBetween(from, from + span) >= links,
    );

  const deliveries = ofDelivery.filter(({ name }) => /^(email|sms|whatsapp)_(sent|delivered)$/.test(name));
  const ages = deliveries.map(({ occurredAt }) => click.occurredAt - occurredAt).filter((age) => age > -HOUR);
  const age = ['email', 'sms', 'whatsapp'].includes(String(click.properties.channel)) ? Math.min(...ages) : Infinity;
  const isEmail = click.properties.channel === 'email';

  const isBurst = isAmong(3, 10 * SECOND);
  const signals = (click.properties.actor_signals ?? []) as string[];
  const isMachine =
    signals.some((signal) => signal !== 'shared_address') ||
    click.properties.actor_class === 'machine' ||
    isTrap(click) ||
    clicks.some((other) => isTrap(other) && Math.abs(other.occurredAt - click.occurredAt) < 60 * SECOND) ||
    isBurst ||
    (isEmail && age < 2 * SECOND);
  const weak = [age < 10 * SECOND, isAmong(2, 2 * SECOND), signals.includes('shared_address')].filter(
    (holds) => holds,
  ).length;
  return isMachine || weak >= 2 ? 'machine' : weak === 1 ? 'suspect' : 'human';
}
