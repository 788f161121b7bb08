import { PURCHASE, PURCHASE_ENDINGS } from '../core/net-purchases.js';

/** The event that counts as having begun to buy. */
export const CHECKOUT = 'checkout_started';

const MESSAGES = ['email', 'sms', 'whatsapp', 'push', 'in_app'];

/** The events that say that a message has reached somebody. */
export const DELIVERED: readonly string[] = MESSAGES.map((channel) => `${channel}_delivered`);

/** All events on which reports on links rest: clicks, what tells who clicked, and what clicks led to. */
export const REPORTED_EVENTS: readonly string[] = [
  ...['click', CHECKOUT, PURCHASE, ...PURCHASE_ENDINGS, ...DELIVERED],
  ...MESSAGES.map((channel) => `${channel}_sent`),
];

const IS_REPORTED: ReadonlySet<string> = new Set(REPORTED_EVENTS);

export function isReported(name: string): boolean {
  return IS_REPORTED.has(name);
}
