import { DAY, HOUR } from '../support/builders.js';
import { LANGUAGE_SCENARIOS } from './language-stories.js';
import { clicks, instant, orders, reports, type Scenario } from './scenario.js';

const CTAS = {
  replenish: [{ host: 'shop.example', path: '/refill/*' }],
  cart: [{ host: 'shop.example', path: '/cart' }],
};
const REFILL = 'https://shop.example/refill/beans?utm_content=refill';
const CART = 'https://shop.example/cart?cart_token=c1';

const replenishment: Scenario = {
  title: 'clicked the replenishment CTA in the last 30 days',
  ctas: CTAS,
  segments: { replenish: { performed: 'click', where: { cta: 'replenish' }, within: '30d' } },
  steps: [
    { at: 0, webhooks: [clicks('ada', 0, REFILL), clicks('bob', 0, CART)], members: { replenish: ['ada'] } },
    // The same click again, another person's click by a machine, and one that says nothing of a CTA.
    {
      at: 1_000,
      webhooks: [
        clicks('ada', 0, REFILL),
        clicks('eve', 0, REFILL, { data: { machine: true } }),
        clicks('bob', 0, 'https://elsewhere.example/refill/beans'),
      ],
      members: { replenish: ['ada'] },
    },
    { at: 30 * DAY - 1, members: { replenish: ['ada'] } },
    { at: 30 * DAY, members: { replenish: [] } },
    { at: 30 * DAY + 1, members: { replenish: [] } },
    // Late and out of order: the older click arrives after the newer one.
    { at: 40 * DAY, webhooks: [clicks('bob', 39 * DAY, REFILL)], members: { replenish: ['bob'] } },
    { at: 41 * DAY, webhooks: [clicks('bob', 38 * DAY, REFILL)], members: { replenish: ['bob'] } },
    { at: 69 * DAY - 1, members: { replenish: ['bob'] } },
    { at: 69 * DAY, members: { replenish: [] } },
  ],
};

const ABANDONED = {
  performed: 'click',
  where: { cta: 'cart' },
  within: '7d',
  notFollowedBy: { performed: 'purchase', within: '3d' },
};

const abandonedCart: Scenario = {
  title: 'clicked the cart link but did not purchase within 3 days',
  ctas: CTAS,
  segments: { abandoned: ABANDONED },
  branchPoints: {
    'after-cart': {
      branches: [{ key: 'remove-friction', segment: 'abandoned' }],
      default: 'another-hook',
      whenPending: 'wait',
    },
  },
  steps: [
    // The shop's first webhook begins its history: from here on "did not purchase" can be said.
    { at: 0, webhooks: [orders('orders/create', 'someone', 0)], members: { abandoned: [] } },
    {
      at: HOUR,
      webhooks: [clicks('ada', HOUR, CART), clicks('bob', HOUR, CART), clicks('cleo', HOUR, CART)],
      members: { abandoned: [] },
      branches: { 'after-cart': { ada: null } },
    },
    { at: DAY, webhooks: [orders('orders/create', 'bob', DAY)], branches: { 'after-cart': { bob: 'another-hook' } } },
    { at: 3 * DAY + HOUR - 1, members: { abandoned: [] } },
    {
      at: 3 * DAY + HOUR,
      members: { abandoned: ['ada', 'cleo'] },
      branches: { 'after-cart': { ada: 'remove-friction', bob: 'another-hook' } },
    },
    // Cleo's purchase was made in time; its webhook is late.
    { at: 4 * DAY, webhooks: [orders('orders/paid', 'cleo', 2 * DAY)], members: { abandoned: ['ada'] } },
    // Bob's purchase is cancelled: he has not bought after all.
    {
      at: 5 * DAY,
      webhooks: [orders('orders/cancelled', 'bob', 5 * DAY, { placedAt: instant(DAY) })],
      members: { abandoned: ['ada', 'bob'] },
    },
    { at: 7 * DAY + HOUR - 1, members: { abandoned: ['ada', 'bob'] } },
    { at: 7 * DAY + HOUR, members: { abandoned: [] } },
  ],
};

const refunds: Scenario = {
  title: 'bought in the last 30 days, net of refunds, whatever comes first',
  ctas: {},
  segments: { buyers: { performed: 'purchase', within: '30d' } },
  steps: [
    { at: 0, webhooks: [orders('orders/create', 'ada', 0)], members: { buyers: ['ada'] } },
    { at: HOUR, webhooks: [orders('refunds/create', 'ada', HOUR, { amount: '99.99' })], members: { buyers: ['ada'] } },
    { at: DAY, webhooks: [orders('refunds/create', 'ada', DAY, { amount: '0.01' })], members: { buyers: [] } },
    // A refund before its order, and the order told twice under different topics.
    {
      at: 2 * DAY,
      webhooks: [orders('refunds/create', 'bob', 2 * DAY, { amount: '100.00' })],
      members: { buyers: [] },
    },
    {
      at: 2 * DAY + HOUR,
      webhooks: [orders('orders/paid', 'bob', DAY), orders('orders/create', 'bob', DAY)],
      members: { buyers: [] },
    },
    { at: 3 * DAY, webhooks: [orders('orders/create', 'cleo', 3 * DAY)], members: { buyers: ['cleo'] } },
    { at: 33 * DAY - 1, members: { buyers: ['cleo'] } },
    { at: 33 * DAY, members: { buyers: [] } },
  ],
};

const nonClickers: Scenario = {
  title: 'received the campaign but did not click it',
  ctas: CTAS,
  segments: {
    'not-clicked': {
      all: [
        { performed: 'email_delivered', where: { campaign_id: 7 }, within: '14d' },
        { not: { performed: 'click', where: { campaign_id: 7 }, within: '14d' } },
      ],
    },
  },
  steps: [
    // Before 14 days of data about clicks nobody can be said not to have clicked.
    {
      at: 0,
      webhooks: [reports('ada', 0, { metric: 'delivered' }), clicks('zoe', 0, REFILL)],
      members: { 'not-clicked': [] },
    },
    { at: 13 * DAY, webhooks: [reports('bob', 13 * DAY, { metric: 'delivered' })], members: { 'not-clicked': [] } },
    { at: 14 * DAY - 1, members: { 'not-clicked': [] } },
    // Ada's delivery leaves the window at the very instant at which the data suffice.
    { at: 14 * DAY, members: { 'not-clicked': ['bob'] } },
    { at: 15 * DAY, webhooks: [clicks('bob', 15 * DAY, REFILL)], members: { 'not-clicked': [] } },
    { at: 27 * DAY - 1, members: { 'not-clicked': [] } },
    { at: 29 * DAY, members: { 'not-clicked': [] } },
  ],
};

const ahead: Scenario = {
  title: 'an event up to five minutes ahead counts when its time comes',
  ctas: CTAS,
  segments: { clicked: { performed: 'click', within: '1d' } },
  steps: [
    {
      at: 0,
      webhooks: [clicks('ada', 300_000, REFILL), clicks('bob', 301_000, REFILL)],
      members: { clicked: ['bob'] },
    },
    { at: 299_999, members: { clicked: ['bob'] } },
    { at: 300_000, members: { clicked: ['ada', 'bob'] } },
    { at: DAY - 1, members: { clicked: ['ada', 'bob'] } },
    { at: DAY, members: { clicked: ['ada'] } },
    { at: DAY + 299_999, members: { clicked: ['ada'] } },
    { at: DAY + 300_000, members: { clicked: [] } },
  ],
};

export const SCENARIOS: readonly Scenario[] = [
  ...[replenishment, abandonedCart, refunds, nonClickers, ahead],
  ...LANGUAGE_SCENARIOS,
];
