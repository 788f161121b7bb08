import { DAY, HOUR, T0 } from '../support/builders.js';
import { clicks, instant, orders, reports, type Scenario } from './scenario.js';

const CART = 'https://shop.example/cart?cart_token=c1';

const vip: Scenario = {
  title: 'spent 250 EUR in 90 days, net of refunds, whatever the currency',
  ctas: {},
  segments: {
    vip: {
      performed: 'purchase',
      within: '90d',
      sum: { property: 'revenue', atLeast: '250', currency: 'EUR', rates: { CHF: '1.05' } },
    },
    'one-currency': { performed: 'purchase', within: '90d', sum: { property: 'revenue', atLeast: 250 } },
  },
  steps: [
    {
      at: 0,
      webhooks: [
        orders('orders/create', 'ada', 0),
        orders('orders/create', 'bob', 0, { amount: '200.00' }),
        orders('orders/create', 'cleo', 0, { amount: '1000.00', payload: { currency: 'USD' } }),
      ],
      members: { vip: [], 'one-currency': ['cleo'] },
    },
    {
      at: DAY,
      webhooks: [
        orders('orders/create', 'ada', DAY, { orderId: 1001, amount: '199.90' }),
        // 249.9905 EUR together.
        orders('orders/create', 'bob', DAY, { orderId: 2001, amount: '47.61', payload: { currency: 'CHF' } }),
      ],
      members: { vip: ['ada'], 'one-currency': ['ada', 'cleo'] },
    },
    {
      at: 2 * DAY,
      webhooks: [
        orders('orders/paid', 'bob', 2 * DAY, { orderId: 2002, amount: '0.01', payload: { currency: 'CHF' } }),
      ],
      members: { vip: ['ada', 'bob'] },
    },
    // Nobody knows what a dollar is worth; once that order is cancelled, nobody need know.
    {
      at: 3 * DAY,
      webhooks: [
        orders('orders/create', 'cleo', 3 * DAY, { orderId: 3001, amount: '300.00' }),
        // 250.00 EUR are left of 299.90, and a day later a cent less.
        orders('refunds/create', 'ada', 3 * DAY, { orderId: 1001, amount: '49.90' }),
      ],
      members: { vip: ['ada', 'bob'], 'one-currency': ['ada'] },
    },
    {
      at: 4 * DAY,
      webhooks: [
        orders('orders/cancelled', 'cleo', 4 * DAY, { placedAt: instant(0), payload: { currency: 'USD' } }),
        orders('refunds/create', 'ada', 4 * DAY, { orderId: 1001, amount: '0.01' }),
      ],
      members: { vip: ['bob', 'cleo'], 'one-currency': ['cleo'] },
    },
    { at: 90 * DAY - 1, members: { vip: ['bob', 'cleo'] } },
    { at: 90 * DAY, members: { vip: ['cleo'] } },
    { at: 93 * DAY - 1, members: { vip: ['cleo'] } },
    { at: 93 * DAY, members: { vip: [] } },
  ],
};

const delivered = (person: string, at: number, deliveryId: string) =>
  reports(person, at, { metric: 'delivered', data: { delivery_id: deliveryId } });
const clicked = (person: string, at: number, deliveryId: string, more: Record<string, unknown> = {}) =>
  clicks(person, at, CART, { data: { delivery_id: deliveryId, ...more } });

const unmoved: Scenario = {
  title: 'received the campaign but did not click that very message within two days',
  ctas: {},
  segments: {
    unmoved: {
      performed: 'email_delivered',
      where: { campaign_id: { in: [7, 8] } },
      within: '14d',
      notFollowedBy: { performed: 'click', within: '2d', same: ['delivery_id'] },
    },
  },
  steps: [
    { at: 0, webhooks: [clicked('zoe', 0, 'd0')], members: { unmoved: [] } },
    {
      at: HOUR,
      webhooks: [delivered('ada', HOUR, 'd1'), delivered('bob', HOUR, 'd2'), delivered('eve', HOUR, 'd3')],
      members: { unmoved: [] },
    },
    // Bob clicks what he received, Ada something else; it was no human who followed Eve's links.
    {
      at: DAY,
      webhooks: [clicked('ada', DAY, 'd9'), clicked('bob', DAY, 'd2'), clicked('eve', DAY, 'd3', { machine: true })],
    },
    { at: 2 * DAY + HOUR - 1, members: { unmoved: [] } },
    { at: 2 * DAY + HOUR, members: { unmoved: ['ada', 'eve'] } },
    // Eve had clicked in time; that is heard of late.
    { at: 3 * DAY, webhooks: [clicked('eve', 2 * DAY + HOUR - 1_000, 'd3')], members: { unmoved: ['ada'] } },
    { at: 14 * DAY + HOUR - 1, members: { unmoved: ['ada'] } },
    { at: 14 * DAY + HOUR, members: { unmoved: [] } },
  ],
};

const engaged: Scenario = {
  title: 'at least two of: a click on the cart, two emails, a purchase',
  ctas: { cart: [{ host: 'shop.example', path: '/cart' }] },
  segments: {
    engaged: {
      atLeast: 2,
      of: [
        { performed: 'click', where: { cta: 'cart' }, within: '7d' },
        { performed: { startsWith: 'email_' }, within: '7d', count: { atLeast: 2 } },
        { performed: 'purchase', within: '30d' },
      ],
    },
  },
  steps: [
    { at: 0, webhooks: [reports('ada', 0, { metric: 'delivered' })], members: { engaged: [] } },
    {
      at: DAY,
      webhooks: [reports('ada', DAY, { metric: 'opened' }), clicks('bob', DAY, CART)],
      members: { engaged: [] },
    },
    {
      at: 2 * DAY,
      webhooks: [clicks('ada', 2 * DAY, CART), orders('orders/create', 'bob', 2 * DAY)],
      members: { engaged: ['ada', 'bob'] },
    },
    { at: 7 * DAY - 1, members: { engaged: ['ada', 'bob'] } },
    { at: 7 * DAY, members: { engaged: ['bob'] } },
    { at: 7 * DAY + HOUR, webhooks: [orders('orders/create', 'ada', 7 * DAY)], members: { engaged: ['ada', 'bob'] } },
    { at: 8 * DAY, members: { engaged: ['ada'] } },
    { at: 9 * DAY, members: { engaged: [] } },
  ],
};

const lapsed: Scenario = {
  title: 'the last purchase was 60 days ago or more',
  ctas: {},
  segments: { lapsed: { performed: 'purchase', last: { olderThan: '60d' } } },
  steps: [
    { at: 0, webhooks: [orders('orders/create', 'ada', 0), orders('orders/create', 'bob', 0)] },
    { at: 60 * DAY - 1, members: { lapsed: [] } },
    { at: 60 * DAY, members: { lapsed: ['ada', 'bob'] } },
    {
      at: 61 * DAY,
      webhooks: [orders('orders/create', 'bob', 61 * DAY, { orderId: 2002 })],
      members: { lapsed: ['ada'] },
    },
    // What was cancelled is no purchase: the last one is the first again.
    {
      at: 62 * DAY,
      webhooks: [orders('orders/cancelled', 'bob', 62 * DAY, { orderId: 2002, placedAt: instant(61 * DAY) })],
      members: { lapsed: ['ada', 'bob'] },
    },
    {
      at: 63 * DAY,
      webhooks: [orders('orders/paid', 'ada', 59 * DAY, { orderId: 1002 })],
      members: { lapsed: ['bob'] },
    },
    { at: 119 * DAY - 1, members: { lapsed: ['bob'] } },
    { at: 119 * DAY, members: { lapsed: ['ada', 'bob'] } },
  ],
};

/** An instant of 2026 in UTC, as a story counts; Berlin is one hour ahead, from 29 March 01:00 UTC on two. */
const utc = (text: string) => Date.parse(`2026-${text}Z`) - T0;
const BERLIN = { timeZone: 'Europe/Berlin' };

const calendarMonth: Scenario = {
  title: 'days and months by the clock of Berlin, over the change of clocks',
  ctas: {},
  segments: {
    'this-month': { performed: 'purchase', calendar: { unit: 'month', current: true, ...BERLIN } },
    'last-month': { performed: 'purchase', calendar: { unit: 'month', last: 1, ...BERLIN } },
    'quiet-month': { performed: 'purchase', calendar: { unit: 'month', last: 1, ...BERLIN }, count: { exactly: 0 } },
    today: { performed: 'click', calendar: { unit: 'day', current: true, ...BERLIN } },
  },
  steps: [
    {
      at: HOUR,
      webhooks: [orders('orders/create', 'ada', HOUR)],
      members: { 'this-month': ['ada'], 'last-month': [], 'quiet-month': [] },
    },
    {
      at: utc('03-28T22:59:59'),
      webhooks: [clicks('cleo', utc('03-28T22:59:59'), CART)],
      members: { today: ['cleo'] },
    },
    { at: utc('03-28T23:00:00'), webhooks: [clicks('bob', utc('03-28T23:00:00'), CART)], members: { today: ['bob'] } },
    // The 29th has 23 hours.
    { at: utc('03-29T22:00:00') - 1, members: { today: ['bob'] } },
    { at: utc('03-29T22:00:00'), members: { today: [] } },
    { at: utc('03-31T22:00:00') - 1, members: { 'this-month': ['ada'], 'last-month': [] } },
    { at: utc('03-31T22:00:00'), members: { 'this-month': [], 'last-month': ['ada'] } },
    { at: utc('04-30T22:00:00') - 1, members: { 'last-month': ['ada'], 'quiet-month': [] } },
    // April is the first month of which everything is known.
    { at: utc('04-30T22:00:00'), members: { 'last-month': [], 'quiet-month': ['ada', 'bob', 'cleo'] } },
  ],
};

const loyal: Scenario = {
  title: 'active without a break for ten days',
  ctas: {},
  segments: {
    active: { performed: 'click', within: '7d' },
    loyal: { segment: 'active', for: '10d' },
    cooled: { all: [{ not: { segment: 'active' } }, { performed: 'click', within: '30d' }] },
  },
  branchPoints: {
    'ten-days': {
      branches: [
        { key: 'thank', rule: { all: [{ segment: 'loyal' }, { segment: 'active' }] } },
        { key: 'win-back', segment: 'cooled' },
      ],
      default: 'leave-alone',
    },
  },
  steps: [
    { at: 0, webhooks: [clicks('ada', 0, CART), clicks('bob', 0, CART)], members: { active: ['ada', 'bob'] } },
    { at: 5 * DAY, webhooks: [clicks('ada', 5 * DAY, CART)], branches: { 'ten-days': { ada: 'leave-alone' } } },
    { at: 7 * DAY - 1, members: { active: ['ada', 'bob'], cooled: [] } },
    { at: 7 * DAY, members: { active: ['ada'], cooled: ['bob'] } },
    { at: 10 * DAY - 1, members: { loyal: [] } },
    { at: 10 * DAY, members: { loyal: ['ada'] }, branches: { 'ten-days': { ada: 'thank', bob: 'win-back' } } },
    { at: 12 * DAY - 1, members: { active: ['ada'], loyal: ['ada'] } },
    { at: 12 * DAY, members: { active: [], loyal: [], cooled: ['ada', 'bob'] } },
    // Clicks that are heard of late close the gaps that seemed to be there.
    {
      at: 12 * DAY + HOUR,
      webhooks: [clicks('ada', 11 * DAY, CART), clicks('bob', 6 * DAY, CART)],
      members: { active: ['ada', 'bob'], loyal: ['ada', 'bob'], cooled: [] },
    },
    { at: 13 * DAY - 1, members: { loyal: ['ada', 'bob'] } },
    { at: 13 * DAY, members: { active: ['ada'], loyal: ['ada'], cooled: ['bob'] } },
    { at: 18 * DAY, members: { loyal: [], cooled: ['ada', 'bob'] } },
  ],
};

/** Stories in what the rule language has beyond counting and sequences. */
export const LANGUAGE_SCENARIOS: readonly Scenario[] = [vip, unmoved, engaged, lapsed, calendarMonth, loyal];
