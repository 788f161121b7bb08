import type { Rule } from '../../src/core/rule.js';
import type { CtaPattern } from '../../src/ctas/cta-pattern.js';
import { DAY, HOUR } from './builders.js';
import { randomNumbers } from './random-numbers.js';
import { SHOPIFY_SECRET, SIGNING_KEY } from './turnout.js';
import { customerioWebhook, shopifyWebhook, type SentWebhook } from './webhooks.js';

/** What chance would have it, by the seed alone. */
export class Chance {
  /** A number from 0 to below 1. */
  readonly next: () => number;

  constructor(seed: number) {
    this.next = randomNumbers(seed);
  }

  /** A whole number from 0 to below `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  /** True so often. */
  happens(probability: number): boolean {
    return this.next() < probability;
  }

  shuffled<T>(all: readonly T[]): T[] {
    return all
      .map((one) => ({ one, place: this.next() }))
      .sort((a, b) => a.place - b.place)
      .map(({ one }) => one);
  }
}

const BERLIN = { timeZone: 'Europe/Berlin' };
const CART: Rule = { performed: 'click', where: { cta: 'cart' }, within: '3d' };

/** Segments of every kind, each in some versions; they name only those above them. */
export const VERSIONS: Readonly<Record<string, readonly Rule[]>> = {
  cart: [CART, { ...CART, within: '12h' }],
  refill: [
    { performed: 'click', where: { cta: 'refill' } },
    { performed: 'click', where: { cta: { in: ['refill', 'cart'] } } },
  ],
  clicked: [
    { performed: 'click', within: '7d' },
    { performed: 'click', within: '1d', by: 'anyone' },
  ],
  machines: [{ performed: 'click', by: 'machines', within: '2d' }],
  often: [{ performed: 'click', within: '10d', count: { atLeast: 2, atMost: 3 } }],
  'not-clicked': [{ performed: 'click', within: '2d', count: { exactly: 0 } }],
  'long-ago': [
    { performed: 'click', before: '3d', within: '10d' },
    { performed: 'click', before: '5d' },
  ],
  'in-march': [{ performed: 'click', between: ['2026-03-03T00:00:00Z', '2026-03-20T12:00:00Z'] }],
  today: [{ performed: 'click', calendar: { unit: 'day', current: true, ...BERLIN } }],
  'last-week': [
    { performed: { startsWith: 'email_' }, calendar: { unit: 'week', last: 1, ...BERLIN } },
    { performed: { startsWith: 'email_' }, calendar: { unit: 'week', last: 1, current: true, ...BERLIN } },
  ],
  quiet: [{ performed: 'purchase', calendar: { unit: 'day', last: 3, ...BERLIN }, count: { atMost: 0 } }],
  emailed: [{ performed: { startsWith: 'email_' }, within: '5d', distinct: { property: 'delivery_id', atLeast: 2 } }],
  touched: [
    { performed: { startsWith: 'e' }, within: '1d' },
    { performed: { startsWith: 'sms_' }, within: '1d' },
  ],
  buyers: [
    { performed: 'purchase', within: '14d' },
    { performed: 'purchase', within: '14d', gross: true },
  ],
  'any-order': [
    { performed: { startsWith: 'order_' }, within: '4d' },
    { performed: { startsWith: 'p' }, within: '4d' },
  ],
  vip: [
    { performed: 'purchase', within: '20d', sum: { property: 'revenue', atLeast: '150', currency: 'EUR' } },
    {
      performed: 'purchase',
      within: '20d',
      sum: { property: 'revenue', above: 99.9, currency: 'EUR', rates: { USD: '0.9' } },
    },
  ],
  'one-currency': [{ performed: 'purchase', avg: { property: 'revenue', below: '80' } }],
  biggest: [{ performed: 'purchase', within: '9d', max: { property: 'revenue', atLeast: 90, currency: null } }],
  'first-order': [{ performed: 'purchase', first: { youngerThan: '6d' } }],
  'last-order': [{ performed: 'purchase', last: { olderThan: '4d', where: { revenue: { below: 100 } } } }],
  abandoned: [
    { ...CART, notFollowedBy: { performed: 'purchase', within: '1d' } },
    { ...CART, within: '10d', notFollowedBy: { performed: 'purchase', within: '2d' }, anchor: 'last' },
  ],
  unmoved: [
    {
      performed: 'email_delivered',
      within: '6d',
      notFollowedBy: { performed: 'click', within: '1d', same: ['delivery_id'] },
    },
  ],
  chain: [
    {
      performed: 'email_opened',
      within: '8d',
      count: { atLeast: 1 },
      followedBy: { performed: 'click', within: '3d', notFollowedBy: { performed: 'purchase', within: '12h' } },
    },
  ],
  everyone: [{ everyone: true }],
  half: [{ bucket: { seed: 'spring', from: 0, to: 50 } }, { bucket: { seed: 'spring', from: 25, to: 75 } }],
  'half-of-buyers': [{ all: [{ segment: 'buyers' }, { segment: 'half' }] }],
  'two-of': [
    { atLeast: 2, of: [{ segment: 'cart' }, { segment: 'vip' }, { not: { segment: 'clicked' } }] },
    { atLeast: 1, of: [{ segment: 'emailed' }, { segment: 'quiet' }] },
  ],
  steady: [
    { segment: 'clicked', for: '3d' },
    { segment: 'clicked', for: '36h' },
  ],
  'steadily-abandoned': [{ segment: 'abandoned', for: '12h' }],
  nested: [{ any: [{ segment: 'steady', for: '1d' }, { all: [{ segment: 'two-of' }, { not: { segment: 'half' } }] }] }],
};

/** Versions of the CTA catalogue's entries; undefined: there is none. */
export const CATALOGUE: Readonly<Record<string, readonly (CtaPattern[] | undefined)[]>> = {
  cart: [[{ path: '/cart' }], [{ path: '/c*' }]],
  refill: [[{ path: '/refill/*' }], undefined, [{ path: '/refill/beans' }, { path: '/cart', query: { a: '1' } }]],
};

const LINKS = ['/cart', '/cart?a=1', '/refill/beans', '/refill/filters', '/checkout?cta=cart'];
const LATENESS = [0, 0, 0, 60_000, HOUR, 20 * HOUR, 3 * DAY, 12 * DAY];
const AHEAD = -250_000;

/** What happens to some people, at random: clicks, emails and orders, late or ahead, undone before or after. */
export class RandomLife {
  private readonly people: string[];

  constructor(
    private readonly chance: Chance,
    people: number,
  ) {
    this.people = Array.from({ length: people }, (_, index) => String(index + 1));
  }

  webhook(now: number): SentWebhook {
    const { chance } = this;
    const late = chance.happens(0.1) ? AHEAD : chance.of(LATENESS) * chance.next();
    const at = Math.floor((now - late) / 1_000) * 1_000;
    const person = chance.of(this.people);
    return chance.happens(0.6) ? this.report(person, at) : this.order(person, at);
  }

  private report(id: string, at: number): SentWebhook {
    const { chance } = this;
    const identifiers = { id, email: `p${id}@example.com` };
    const data = { delivery_id: chance.of(['d1', 'd2', 'd3']), ...(chance.happens(0.2) && { machine: true }) };
    const metric = chance.of(['clicked', 'clicked', 'clicked', 'delivered', 'opened', 'bounced']);
    const objectType = metric !== 'clicked' && chance.happens(0.1) ? 'sms' : 'email';
    const href = `https://shop.example${chance.of(LINKS)}`;
    const eventId = `E${chance.below(2 ** 31)}`;
    return customerioWebhook({ secret: SIGNING_KEY, at, objectType, metric, identifiers, href, data, eventId });
  }

  /** A few orders each, so that most notices are about one that was, or will be, told of. */
  private order(id: string, at: number): SentWebhook {
    const { chance } = this;
    const topic = chance.of(['orders/create', 'orders/paid', 'orders/cancelled', 'refunds/create'] as const);
    const number = chance.below(4);
    const orderId = 1_000 + Number(id) * 10 + number;
    return shopifyWebhook(topic, {
      ...{ secret: SHOPIFY_SECRET, at, orderId, customerId: 9_000 + Number(id), email: `p${id}@example.com` },
      placedAt: at - chance.of([0, 0, HOUR, -HOUR, 2 * DAY]),
      amount: topic === 'refunds/create' ? chance.of(['40.00', '60.00', '100.00']) : chance.of(['60.00', '100.00']),
      ...(number === 3 && { payload: { currency: 'USD' } }),
    });
  }
}
