import type { Random } from '../random.js';

const CLICKED = { performed: 'click', where: { cta: 'cart' }, within: '7d' };

/** Values that are right, or may be, for a property or parameter of that name, where the document says too little. */
export const VALUES: Readonly<Record<string, readonly unknown[]>> = {
  rule: [
    CLICKED,
    { ...CLICKED, notFollowedBy: { performed: 'purchase', within: '3d' } },
    { performed: 'purchase', within: '365d', sum: { property: 'revenue', currency: 'EUR', atLeast: '200.00' } },
    { all: [{ segment: 'vip' }, { not: CLICKED }] },
    { any: [{ attribute: 'country', in: ['DE', 'AT'] }, { bucket: { seed: 'spring', from: 0, to: 50 } }] },
    { attribute: 'birthday', anniversary: { within: '7d', timeZone: 'Europe/Berlin' } },
    { performed: 'purchase', calendar: { last: 3, unit: 'month', timeZone: 'Europe/Berlin' } },
    { performed: 'click', between: ['2026-11-01T00:00:00Z', '2026-12-01T00:00:00Z'] },
    { atLeast: 1, of: [{ segment: 'members' }, { performed: 'purchase', last: { olderThan: '60d' } }] },
  ],
  push: [{ customerio: { segmentId: 7 } }, { customerio: {} }, { crm: {} }, { customerio: { as: 'attribute' } }],
  branchPoints: [
    { 'after-cart': { branches: [{ key: 'remind', segment: 'clickers' }], default: 'other', whenPending: 'wait' } },
    {
      'after-cart': {
        branches: [
          { key: 'remind', rule: CLICKED },
          { key: 'a', split: { arms: [{ key: 'b', percentage: 50 }] } },
        ],
        default: 'other',
        whenStale: { limits: { customerio: '2h' }, then: 'hold' },
        whenUnknown: { branch: 'remind' },
      },
      p2: { branches: [{ key: 'x', segment: 'members' }], default: 'y', push: false },
    },
  ],
  holdout: [{ percentage: 10 }, { percentage: 0.5, seed: 's', branch: 'held' }],
  schema: [
    { keys: { utm_source: { required: true, allowed: ['customerio', 'cio'] } } },
    {
      timeZone: 'Europe/Berlin',
      hosts: ['shop.example.com', '*.shop.example'],
      keys: { utm_campaign: { required: true, pattern: '{quarter}_{words}' }, utm_content: { maxLength: 40 } },
      channels: { email: { keys: { utm_content: { required: true } } } },
    },
  ],
  settings: [
    { url: 'https://crm.example.com/turnout' },
    { url: 'https://10.0.0.1/x', requestsPerSecond: 5 },
    { measurementId: 'G-ABC123', apiSecret: 'secret' },
    { siteId: 'a', apiKey: 'b', region: 'eu' },
  ],
  parameters: [{}, { amount: '250.00' }, { cta: 'cart', days: 3 }],
  events: [[{ id: '1', name: 'click', occurredAt: '2026-11-01T09:00:00Z', properties: { cta: 'cart' } }], []],
  at: ['2026-11-20T00:00:00Z', '2026-11-20T01:00:00+05:45', 'changes', ['2026-11-02T00:00:00Z']],
  from: ['2026-11-01T00:00:00Z', '2026-11-20', '2026-11-24T10:00:00.123+01:00', '0'],
  to: ['2026-11-25T00:00:00Z', '2026-11-21', '2027-01-01T00:00:00Z'],
  until: ['2026-12-01T00:00:00Z'],
  completeSince: ['2026-01-01T00:00:00Z'],
  validFrom: ['2027-01-01T00:00:00Z', '2026-11-15T00:00:00Z'],
  expiresAt: ['2027-06-01T00:00:00Z', '2020-01-01T00:00:00Z'],
  startsAt: ['2026-01-01T00:00:00Z', '1970-01-01T00:00:00Z'],
  timeZone: ['UTC', 'Europe/Berlin', 'America/St_Johns', '+05:30'],
  window: ['7d', '14d', '1h'],
  url: ['https://shop.example.com/cart?utm_source=x&gclid=1', 'http://shop.example.com/reorder/beans#a'],
  destination: [
    'https://shop.example.com/cart',
    'https://shop.example.com/discount/SPRING?redirect=/cart',
    'customerio',
  ],
  urls: [['https://shop.example.com/cart?utm_source=customerio'], ['https://shop.example.com/a', 'mailto:a@b.example']],
  text: [
    '<p><a href="https://shop.example.com/cart">x</a> {{ customer.name }}</p>',
    'see https://shop.example.com/cart',
  ],
  template: ['winback-2', '<a href="https://shop.example.com/{{ path }}">x</a>'],
  utm: [{ utm_source: 'customerio' }, { utm_source: 'newsletter', utm_campaign: '2026q4_spring' }],
  profile: [{ customer_id: '42' }, 'customer_id:42'],
  identifiers: [{ customer_id: '42', email: 'ada@example.com' }, { email: 'nobody@example.com' }],
  identifier: ['email:ada@example.com'],
  message: [{ campaign_id: 7, action_id: 61 }, {}],
  patterns: [
    [{ host: 'shop.example.com', path: '/cart' }],
    [{ host: '*.example.com', path: '/reorder/*', query: { utm_content: { startsWith: 'refill_' } } }, { tag: 'hero' }],
  ],
  allowedHosts: [['shop.example.com', '*.shop.example.com']],
  publicUrl: ['https://turnout.example'],
  waitSeconds: [0, 1],
  mapping: ['events'],
  map: ['email:E-Mail address'],
  shop: ['coffee.myshopify.com'],
  tool: ['ga4', 'shopify'],
  channel: ['email', 'sms'],
  days: [1, 7, 30],
  ctas: ['cart,reorder'],
  name: ['somebody'],
  query: [{ utm_content: 'hero', size: { exists: true } }],
  values: [{ path: 'cart' }],
  live: [{}, { cta: 'cart' }],
};

/** Bodies that are no JSON, by the path that takes them. */
export const TEXTS: Readonly<Record<string, readonly ((random: Random) => string)[]>> = {
  '/v1/imports': [
    (random) =>
      [...Array(1 + random.below(5))]
        .map((_, line) => ({
          id: `e${random.below(500)}`,
          name: random.pick(['click', 'purchase', 'identify']),
          occurredAt: `2026-11-${10 + random.below(19)}T0${line}:00:00Z`,
          identifiers: { customer_id: String(random.below(60)) },
          properties: { href: 'https://shop.example.com/cart', country: 'DE', revenue: '9.90', currency: 'EUR' },
        }))
        .map((event) => `${JSON.stringify(event)}\n`)
        .join(''),
    () => 'id,name,occurredAt,identifiers.customer_id,properties.utm_content\n4,click,2026-11-01T09:30:00Z,42,hero\n',
  ],
  '/v1/segments/{key}/members': [
    (random) => `{"customer_id":"${random.below(60)}"}\n{"email":"ada@example.com"}\n`,
    (random) => `customer_id,email\n${random.below(60)},\n,ben@example.com\n`,
  ],
  '/v1/utm/lint/csv': [() => 'name,url\na,https://shop.example.com/?utm_source=x\nb,https://shop.example.com/\n'],
  '/v1/audit/downstream': [
    () => 'day,utm_campaign,sessions\n2026-11-20,spring,20\n',
    () => '{"day":"2026-11-20","utm_campaign":"spring","conversions":3}\n',
  ],
};
