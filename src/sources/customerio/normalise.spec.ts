import { customerioWebhook, deliveryOf, type CustomerioWebhook } from '../../../test/support/webhooks.js';
import type { IncomingEvent } from '../../profiles/incoming-event.js';
import type { Normalisation } from '../source.js';
import { normaliseCustomerio } from './normalise.js';
import { reportedHref } from './reported-click.js';

const at = Date.UTC(2026, 9, 31, 10);

function read(options: Partial<CustomerioWebhook> = {}): Normalisation {
  return normaliseCustomerio(deliveryOf(customerioWebhook({ secret: 'secret', at, ...options })));
}

function eventOf(options: Partial<CustomerioWebhook> = {}): IncomingEvent {
  const outcome = read(options);
  if (outcome.kind !== 'events') throw new Error(`Not read: ${JSON.stringify(outcome)}`);
  return outcome.events[0]!;
}

describe('the name of a Customer.io event', () => {
  it.each(['email', 'push', 'in_app', 'sms', 'slack', 'webhook', 'whatsapp', 'carrier_pigeon'])(
    'is "click" for a click in %s',
    (objectType) => {
      expect(eventOf({ objectType })).toMatchObject({ name: 'click', properties: { channel: objectType } });
    },
  );

  it.each([
    ['email', 'delivered', 'email_delivered'],
    ['sms', 'sent', 'sms_sent'],
    ['customer', 'unsubscribed', 'customer_unsubscribed'],
    ['email', 'some_future_metric', 'email_some_future_metric'],
  ])('joins %s and %s', (objectType, metric, name) => expect(eventOf({ objectType, metric }).name).toBe(name));

  it.each(['Clicked', 'click ed', '', 'x'.repeat(65), 'clicked\n', 'ｃlicked'])('refuses the metric %j', (metric) => {
    expect(read({ metric })).toMatchObject({
      kind: 'unusable',
      reason: 'wrong_shape',
      problem: expect.stringMatching(/^\/metric: /),
    });
  });
});

describe('a click that we reported to Customer.io', () => {
  const href = reportedHref('https://shop.example/cart?a=1#top', 'lRt2Rr1cUaU');

  it('is known again by its address, and is no second click', () => {
    expect(href).toBe('https://shop.example/cart?a=1#turnout_link=lRt2Rr1cUaU');
    expect(read({ href })).toEqual({ kind: 'skipped', reason: 'a click that Turnout reported' });
    expect(read({ href: `${href}&more` })).toMatchObject({ kind: 'events' });
    expect(read({ href: 'https://shop.example/?turnout_link=lRt2Rr1cUaU' })).toMatchObject({ kind: 'events' });
  });

  it('is told apart from everything else of its delivery', () => {
    expect(eventOf({ metric: 'delivered', data: { href } }).name).toBe('email_delivered');
  });
});

describe('the time of a Customer.io event', () => {
  it('is what the envelope says, in milliseconds', () => expect(eventOf().occurredAt).toBe(at));

  it('may not be milliseconds, which would lie beyond the year 9999', () => {
    expect(read({ at: at * 1_000 })).toMatchObject({ kind: 'unusable', reason: 'bad_timestamp' });
  });
});

describe('whom a Customer.io event is about', () => {
  it('is told by every identifier, the recipient last of its kind, each once, strongest first', () => {
    const identifiers = { id: '4711', email: 'Ann@Example.com', cio_id: 'a300' };
    const of = (recipient: string) => eventOf({ identifiers, data: { recipient } }).identifiers;
    const named = [
      { kind: 'customer_id', value: '4711' },
      { kind: 'cio_id', value: 'a300' },
      { kind: 'email', value: 'ann@example.com' },
    ];
    expect(of('ann@example.com')).toEqual(named);
    expect(of('ann@work.example')).toEqual([...named, { kind: 'email', value: 'ann@work.example' }]);
  });

  it('is told by the deprecated customer_id only where nothing else is named', () => {
    const data = { customer_id: 'old' };
    expect(eventOf({ identifiers: { id: null, email: null, cio_id: '' }, data }).identifiers).toEqual([
      { kind: 'customer_id', value: 'old' },
    ]);
    expect(eventOf({ identifiers: { id: null, cio_id: 'a300' }, data }).identifiers).toEqual([
      { kind: 'cio_id', value: 'a300' },
    ]);
  });

  it.each([
    ['email', 'ann@example.com, bo@example.com'],
    ['email', 'undisclosed'],
    ['sms', '12345'],
    ['sms', 'MyShop'],
    ['in_app', 'ann@example.com'],
    ['slack', 'ann@example.com'],
  ])('is not told by the %s recipient "%s"', (objectType, recipient) => {
    expect(read({ objectType, identifiers: {}, data: { recipient } })).toMatchObject({ reason: 'no_identifier' });
  });

  it('is not told by a number that JSON can not carry exactly', () => {
    const identifiers = { id: 12345678901234567890 as never };
    expect(read({ identifiers })).toMatchObject({ kind: 'unusable', reason: 'no_identifier' });
  });
});

describe('who acted, in a Customer.io event', () => {
  it.each([
    ['clicked', { machine: true }, 'machine'],
    ['clicked', { machine: false }, 'human'],
    ['clicked', {}, undefined],
    ['clicked', { machine: 'true' }, undefined],
    ['clicked', { prefetched: true }, undefined],
    ['opened', { prefetched: true }, 'machine'],
    ['opened', { proxied: true, machine: false }, 'machine'],
    ['opened', { synthetic: true }, 'machine'],
    ['opened', { prefetched: false, proxied: false }, undefined],
  ])('of metric %s with %j is %s', (metric, data, actor) => {
    expect(eventOf({ metric, data }).properties['actor_class']).toBe(actor);
  });
});

describe('the parameters of a clicked link', () => {
  const propertiesOf = (href: string, data: Record<string, unknown> = {}) => eventOf({ href, data }).properties;

  it('become properties, decoded, the first of each name', () => {
    expect(
      propertiesOf('https://shop.example/a?utm_content=Hero%20A&offer=x&offer=y&empty=#utm_term=no'),
    ).toMatchObject({
      utm_content: 'Hero A',
      offer: 'x',
      empty: '',
    });
    expect(propertiesOf('https://shop.example/a#utm_term=no?utm_id=no')).not.toMatchObject({ utm_id: 'no' });
  });

  it.each(['/relative?sku=1', 'shop:product?sku=1', 'ciosas://product/2?sku=1', 'https://[broken?sku=1'])(
    'are found in %s, which is kept as it is',
    (href) => expect(propertiesOf(href)).toMatchObject({ href, sku: '1' }),
  );

  it("can't claim what the envelope tells, not even where it is silent", () => {
    const claims = 'channel=fax&campaign_id=99&newsletter_id=99&actor_class=machine&href=x&link_id=9';
    const properties = propertiesOf(`https://shop.example/?${claims}`, { link_id: undefined });
    expect(properties).toMatchObject({ channel: 'email', campaign_id: 7 });
    for (const name of ['newsletter_id', 'actor_class', 'link_id']) expect(properties).not.toHaveProperty(name);
    expect(properties['href']).toContain('https://shop.example/');
  });

  it('are left out where they look personal or have no plain name', () => {
    const personal =
      'email=a&customerEmail=a&phone=1&name=Ann&first_name=Ann&lastName=Archer&zip=10115&x%20y=1&%C3%A4=1';
    const addresses = 'ref=ann%40example.com&ref2=ann%2540example.com';
    const properties = propertiesOf(`https://shop.example/?${personal}&${addresses}&campaign_name=kept`);
    expect(Object.keys(properties).sort()).toEqual(
      ['action_id', 'campaign_id', 'campaign_name', 'channel', 'delivery_id', 'href', 'link_id'].sort(),
    );
  });

  it('are cut to 500 characters each, 50 in all', () => {
    const many = Array.from({ length: 60 }, (_, index) => `p${index}=${'x'.repeat(600)}`).join('&');
    const properties = propertiesOf(`https://shop.example/?${many}`);
    expect(properties['p49']).toBe('x'.repeat(500));
    expect(properties).not.toHaveProperty('p50');
    expect(properties['href']).toHaveLength(4_000);
  });

  it('may be called like what every object has, and change nothing', () => {
    const properties = propertiesOf('https://shop.example/?__proto__=a&constructor=b&toString=c&hasOwnProperty=d');
    expect(Object.getPrototypeOf(properties)).toBe(Object.prototype);
    expect(Object.entries(properties)).toEqual(
      expect.arrayContaining([
        ['__proto__', 'a'],
        ['constructor', 'b'],
        ['toString', 'c'],
      ]),
    );
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
  });

  it('are cleaned of what PostgreSQL can not store', () => {
    expect(propertiesOf('https://shop.example/?nul=a%00b&lone=\ud800x')).toMatchObject({
      nul: 'a\ufffdb',
      lone: '\ufffdx',
    });
    expect(propertiesOf('x:\0\udc00')['href']).toBe('x:\ufffd\ufffd');
  });

  it('count for clicks only', () => {
    const data = { href: 'https://shop.example/?offer=x' };
    expect(eventOf({ metric: 'converted', data }).properties).not.toHaveProperty('offer');
  });
});

describe('what else is kept of a Customer.io event', () => {
  it('is scalars of the known fields, without subject lines, recipients and unknown fields', () => {
    const data = {
      subject: 'Ann, look',
      recipient: 'ann@example.com',
      unknown: 'x',
      journey_id: { nested: true },
      failure_message: 'mailbox full',
      tracked_response: 'ann@example.com',
    };
    expect(eventOf({ metric: 'bounced', data }).properties).toEqual({
      channel: 'email',
      campaign_id: 7,
      action_id: 61,
      delivery_id: 'dgSc2gYDAJTfBpPfBgGTM0a1',
      failure_message: 'mailbox full',
    });
  });
});
