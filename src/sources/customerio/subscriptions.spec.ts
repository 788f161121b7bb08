import { customerioWebhook, deliveryOf, type CustomerioWebhook } from '../../../test/support/webhooks.js';
import type { IncomingEvent } from '../../profiles/incoming-event.js';
import { normaliseCustomerio } from './normalise.js';

const at = Date.UTC(2026, 9, 31, 10);

function eventsOf(options: Partial<CustomerioWebhook>): IncomingEvent[] {
  const outcome = normaliseCustomerio(deliveryOf(customerioWebhook({ secret: 'secret', at, ...options })));
  if (outcome.kind !== 'events') throw new Error(`Not read: ${JSON.stringify(outcome)}`);
  return outcome.events;
}

const preferences = (content: unknown): IncomingEvent[] =>
  eventsOf({ objectType: 'customer', metric: 'cio_subscription_preferences_changed', data: { content } });

describe('what Customer.io says of subscriptions', () => {
  it.each([
    ['unsubscribed', true],
    ['subscribed', false],
  ])('of a person, as customer_%s, is an attribute as well', (metric, unsubscribed) => {
    const [event, stated, ...rest] = eventsOf({ objectType: 'customer', metric });
    expect(event!.name).toBe(`customer_${metric}`);
    expect(stated).toMatchObject({ name: 'identify', occurredAt: at, properties: { unsubscribed } });
    expect(stated!.identifiers).toEqual(event!.identifiers);
    expect(stated!.sourceEventId).not.toBe(event!.sourceEventId);
    expect(rest).toEqual([]);
  });

  it.each(['email', 'sms', 'whatsapp', 'push'])('of the channel %s is an event of that channel alone', (objectType) => {
    for (const metric of ['subscribed', 'unsubscribed']) {
      expect(eventsOf({ objectType, metric }).map(({ name }) => name)).toEqual([`${objectType}_${metric}`]);
    }
  });

  it('of topics is read out of the text that it comes in', () => {
    const [event, stated] = preferences('{"topics":{"topic_1":true,"topic_2":false}}');
    expect(event!.properties).toMatchObject({ subscribed_topics: ['topic_1'], unsubscribed_topics: ['topic_2'] });
    expect(stated!.properties).toEqual({
      cio_subscription_preferences: { topics: { topic_1: true, topic_2: false } },
    });
    expect(preferences({ topics: { topic_1: true } })).toHaveLength(2);
  });

  it('of topics is a person’s own where no object type is named, which its documentation does not require of it', () => {
    const { headers, body } = customerioWebhook({
      secret: 'secret',
      at,
      metric: 'cio_subscription_preferences_changed',
    });
    const { object_type: _, ...rest } = JSON.parse(body.toString()) as Record<string, unknown>;
    const outcome = normaliseCustomerio(deliveryOf({ headers, body: Buffer.from(JSON.stringify(rest)) }));
    expect(outcome).toMatchObject({ events: [{ name: 'customer_cio_subscription_preferences_changed' }] });
  });

  it.each([
    ['no JSON', '{"topics":'],
    ['without topics', '{}'],
    ['with a list of topics', '{"topics":[true]}'],
    ['nothing', undefined],
    ['too long to be read', JSON.stringify({ topics: { a: true }, padding: 'x'.repeat(20_000) })],
  ])('of topics is no more than that something changed where the text is %s', (_case, content) => {
    expect(preferences(content).map(({ name }) => name)).toEqual(['customer_cio_subscription_preferences_changed']);
  });

  it('keeps topics with plain names and clear choices only', () => {
    const topics = { 'ann@example.com': true, __proto__x: true, a: 'yes', b: null, c: false };
    expect(preferences(JSON.stringify({ topics }))[1]!.properties).toEqual({
      cio_subscription_preferences: { topics: { __proto__x: true, c: false } },
    });
  });
});

describe('what Customer.io says of who acted', () => {
  it.each(['machine', 'proxied', 'prefetched', 'synthetic'])('is kept: %s', (flag) => {
    for (const value of [true, false]) {
      expect(eventsOf({ metric: 'opened', data: { [flag]: value } })[0]!.properties[flag]).toBe(value);
    }
    expect(eventsOf({ data: { [flag]: 'true' } })[0]!.properties).not.toHaveProperty(flag);
    const claimed = eventsOf({ href: `https://shop.example/?${flag}=true` });
    expect(claimed[0]!.properties).not.toHaveProperty(flag);
  });
});

describe('the devices of a push', () => {
  it('are told by what they run, and by nothing else', () => {
    const recipients = [
      { device_id: 'device-one', device_platform: 'ios' },
      { device_id: 'device-two', device_platform: 'ios' },
      { device_id: 'device-three' },
    ];
    const [event] = eventsOf({ objectType: 'push', metric: 'sent', data: { recipients } });
    expect(event!.properties['device_platforms']).toEqual(['ios']);
    expect(JSON.stringify(event)).not.toMatch(/device-/);
  });
});
