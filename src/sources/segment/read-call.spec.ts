import { webhookFixture } from '../../../test/support/webhooks.js';
import type { IncomingEvent } from '../../profiles/incoming-event.js';
import { problemsOf } from './check-call.js';
import { COMMERCE_EVENTS, commerceName } from './commerce.js';
import { readCall } from './read-call.js';

type Call = Record<string, unknown>;

const call = (changes: Call = {}): Call => ({ ...webhookFixture('segment', 'track-custom').body, ...changes });

function eventOf(changes: Call = {}): IncomingEvent {
  const read = readCall(call(changes));
  if (read.kind !== 'events') throw new Error(`Not read: ${JSON.stringify(read)}`);
  expect(read.events).toHaveLength(1);
  return read.events[0]!;
}

const tracked = (event: string, properties: Call, changes: Call = {}): IncomingEvent =>
  eventOf({ ...changes, event, properties });

describe('whom a Segment call is about', () => {
  it('is one person with both ids, where both are given', () => {
    for (const type of ['identify', 'track', 'page']) {
      expect(eventOf({ type, context: {}, traits: {} }).identifiers).toEqual([
        { kind: 'customer_id', value: '4711' },
        { kind: 'anonymous_id', value: 'a6e1f7c2-2d5b-4c1b-9d58-0f4b6c9d7e21' },
      ]);
    }
  });

  it('is whoever has the address in the traits, where there is no id: Customer.io Pipelines takes such calls', () => {
    const nobody = { userId: '', anonymousId: null, context: {}, traits: {} };
    const ann = [{ kind: 'email', value: 'ann@example.com' }];
    const traits = { email: 'Ann@example.com', plan: 'pro' };
    expect(eventOf({ ...nobody, type: 'identify', traits })).toMatchObject({
      identifiers: ann,
      properties: { plan: 'pro' },
    });
    expect(eventOf({ ...nobody, context: { traits } }).identifiers).toEqual(ann);
    for (const email of ['', 'ann', 7, null]) {
      const read = readCall(call({ ...nobody, type: 'identify', traits: { email } }));
      expect(read).toMatchObject({ kind: 'unusable', reason: 'no_identifier' });
    }
  });

  it('is told by an alias: both ids', () => {
    const alias = { type: 'alias', userId: '4711', previousId: 'anon-1', anonymousId: undefined };
    expect(eventOf(alias).identifiers.map(({ value }) => value)).toEqual(['4711', 'anon-1']);
    for (const missing of ['userId', 'previousId']) {
      expect(readCall(call({ ...alias, [missing]: '' }))).toMatchObject({ kind: 'unusable', reason: 'no_identifier' });
    }
  });

  it('may have had the former id of an alias as a customer, if that is no address', () => {
    const alias = { type: 'alias', userId: '4711', previousId: ' 12 ' };
    expect(eventOf(alias).formerId).toEqual({ kind: 'customer_id', value: '12' });
    expect(eventOf({ ...alias, previousId: 'ann@example.com' }).formerId).toBeUndefined();
    expect(eventOf({ previousId: '12' }).formerId).toBeUndefined();
  });

  it('is told by traits, of the call or of its context, and by an order', () => {
    const emailIn = (changes: Call): string | undefined =>
      eventOf(changes).identifiers.find(({ kind }) => kind === 'email')?.value;
    expect(emailIn({ type: 'identify', traits: { email: 'Ann@Example.com' } })).toBe('ann@example.com');
    expect(emailIn({ context: { traits: { email: 'ann@example.com' } } })).toBe('ann@example.com');
    expect(emailIn({ event: 'Order Completed', properties: { email: 'ann@example.com' } })).toBe('ann@example.com');
    expect(emailIn({ event: 'Friend Invited', properties: { email: 'bo@example.com' } })).toBeUndefined();
  });

  it.each([
    [{ userId: undefined, anonymousId: undefined }],
    [{ userId: null, anonymousId: '' }],
    [{ userId: ' ', anonymousId: undefined }],
    [{ userId: { id: 1 }, anonymousId: ['a'] }],
    [{ userId: 'x'.repeat(400), anonymousId: undefined }],
    [{ userId: 1e300, anonymousId: undefined }],
  ])('has to be said: %j', (ids) => {
    expect(readCall(call(ids))).toMatchObject({ kind: 'unusable', reason: 'no_identifier' });
  });
});

describe('the time of a Segment call', () => {
  const timesOf = (changes: Call) => {
    const { occurredAt, sentAt } = eventOf({ timestamp: undefined, sentAt: undefined, ...changes });
    return [occurredAt, sentAt];
  };
  const [at, later] = ['2026-10-31T10:00:00.123Z', '2026-10-31T12:00:05+02:00'];

  it('is what it says, with the time of sending beside it', () => {
    expect(timesOf({ timestamp: at, sentAt: later })).toEqual([Date.parse(at), Date.parse(later)]);
    expect(timesOf({ originalTimestamp: at, sentAt: later })).toEqual([Date.parse(at), Date.parse(later)]);
    expect(timesOf({ timestamp: at })).toEqual([Date.parse(at), undefined]);
    expect(timesOf({ timestamp: at, sentAt: 'nonsense' })).toEqual([Date.parse(at), undefined]);
  });

  it('is that of its receipt where it says nothing, whenever it was sent, so that a retry says the same', () => {
    for (const sentAt of [undefined, at, later]) expect(timesOf({ sentAt })).toEqual([0, 0]);
  });

  it('is taken as it is from whoever passes a call on and has corrected it', () => {
    const passedOn = { timestamp: later, originalTimestamp: at, sentAt: '2020-01-01T00:00:00Z' };
    expect(timesOf(passedOn)).toEqual([Date.parse(later), undefined]);
  });

  it.each(['yesterday', '1969-12-31T23:59:59Z', {}, [], true, 1e30])('is refused if it is %j', (timestamp) => {
    expect(readCall(call({ timestamp }))).toMatchObject({ kind: 'unusable', reason: 'bad_timestamp' });
  });
});

describe('the identity of a Segment call', () => {
  it('is its messageId', () => {
    expect(eventOf({ messageId: 'm-1', event: 'A' }).sourceEventId).toBe(eventOf({ messageId: 'm-1' }).sourceEventId);
    expect(eventOf({ messageId: 'm-1' }).sourceEventId).not.toBe(eventOf({ messageId: 'm-2' }).sourceEventId);
    expect(readCall(call({ messageId: 'x'.repeat(101) }))).toMatchObject({ kind: 'unusable' });
  });

  it('is all that it says where it has none, so that sending it again changes nothing', () => {
    const id = (changes: Call): string => eventOf({ messageId: undefined, ...changes }).sourceEventId;
    expect(id({ sentAt: '2026-10-31T11:00:00Z' })).toBe(id({}));
    expect(id({ properties: { other: 1 } })).not.toBe(id({}));
  });

  it('is the order, for what happens to an order once, however many messages say so', () => {
    const ids = (event: string): string[] =>
      ['m-1', 'm-2'].map((messageId) => tracked(event, { order_id: 7, total: 5 }, { messageId }).sourceEventId);
    expect(new Set([...ids('Order Completed')]).size).toBe(1);
    expect(new Set([...ids('Order Cancelled')]).size).toBe(1);
    expect(new Set([...ids('Order Refunded'), ...ids('Order Updated')]).size).toBe(2);
    expect(
      new Set(['m-1', 'm-2'].map((m) => tracked('Order Completed', {}, { messageId: m }).sourceEventId)).size,
    ).toBe(2);
  });
});

describe('an event of the e-commerce list', () => {
  it.each(COMMERCE_EVENTS.map((name) => [name, commerceName(name)]))('%s is called %s', (given, name) => {
    const properties = { order_id: '1', total: 1 };
    expect(tracked(given, properties).name).toBe(name);
    expect(tracked(given.toUpperCase().replaceAll(' ', '_'), properties).name).toBe(name);
    expect(tracked(given.replaceAll(' ', ''), properties).name).toBe(name);
  });

  it('is none that only resembles one', () => {
    for (const name of ['Order Completed Again', 'Orders Completed', 'constructor'])
      expect(tracked(name, {}).name).toBe(name);
  });

  it.each([
    [{ revenue: '19.90', total: 25 }, '19.90'],
    [{ total: 25.5 }, '25.5'],
    [{ value: 3 }, '3'],
    [{ revenue: 'much' }, undefined],
    [{}, undefined],
  ])('has the revenue of %j exactly', (properties, revenue) => {
    expect(tracked('Order Completed', properties).properties['revenue']).toBe(revenue);
  });

  it.each([
    [{ total: 30 }, 'order_refunded', '30'],
    [{ products: [{ price: '9.99', quantity: 3 }, { price: 1 }] }, 'order_refunded', '30.97'],
    [{ products: [{ product_id: 'a' }] }, 'order_refunded', undefined],
    [{}, 'order_cancelled', undefined],
  ])('is a refund of what %j says: %s of %s', (properties, name, amount) => {
    const event = tracked('Order Refunded', { order_id: '1', ...properties });
    expect([event.name, event.properties['amount']]).toEqual([name, amount]);
  });

  it('has to name the order that it undoes', () => {
    for (const event of ['Order Refunded', 'Order Cancelled']) {
      expect(readCall(call({ event, properties: { total: 1 } }))).toMatchObject({
        kind: 'unusable',
        problem: '/properties/order_id: expected a text or a number',
      });
    }
  });
});

describe('what is kept of a Segment call', () => {
  it('is not who somebody is', () => {
    const said = JSON.stringify(
      eventOf({ type: 'identify', ...webhookFixture('segment', 'identify').body }).properties,
    );
    expect(said).not.toMatch(/Ann|Archer|Berlin|Street|10115|@|555/);
    expect(said).toContain('"birthday":"1990-02-28"');
    expect(said).toContain('"country":"DE"');
  });

  it('is the campaign, as the parameters of its link, but never as attributes', () => {
    expect(eventOf().properties).toMatchObject({ utm_campaign: 'replenish', utm_source: 'customerio' });
    const { properties } = eventOf({ type: 'identify', traits: {} });
    expect(Object.keys(properties)).toEqual([]);
  });

  it('is bounded in depth, number and length', () => {
    const deep = { a: { b: { c: { d: { e: { f: 1 } } } } } };
    const many = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`p${index}`, index]));
    const { properties } = tracked('x', { deep, many, text: 'x'.repeat(600), list: Array(150).fill(1) });
    expect(properties).toMatchObject({ deep: { a: { b: { c: {} } } }, text: 'x'.repeat(500) });
    expect(Object.keys(properties['many'] as object)).toHaveLength(100);
    expect(properties['list']).toHaveLength(100);
  });

  it('is nothing where it is meant for others', () => {
    expect(readCall(call({ integrations: { All: false } }))).toMatchObject({ kind: 'skipped' });
    expect(readCall(call({ integrations: { All: false, Turnout: true } }))).toMatchObject({ kind: 'events' });
    expect(readCall(call({ integrations: { Turnout: false } }))).toMatchObject({ kind: 'skipped' });
    expect(readCall(call({ integrations: { All: true, Mixpanel: false } }))).toMatchObject({ kind: 'events' });
  });
});

describe('a Segment call that is not right', () => {
  it('is told everything that is wrong with it', () => {
    const { body } = webhookFixture('segment', 'track-wrong');
    expect(problemsOf(body).map(({ pointer }) => pointer)).toEqual([
      '/messageId',
      '/properties',
      '/timestamp',
      '/event',
      '/userId',
    ]);
  });

  it.each(['', ' ', 'x'.repeat(101), null, 7, 'identify', ' identify '])('has the name %j', (event) => {
    expect(readCall(call({ event }))).toMatchObject({ kind: 'unusable', problem: expect.stringContaining('/event') });
  });
});
