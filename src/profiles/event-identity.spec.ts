import { eventDigest, eventId } from './event-identity.js';

/** What is stored under an id or beside a digest must be found again by every later release. */
describe('the identity of an event', () => {
  it('is a UUID that never changes, of the source and the id that it gave', () => {
    expect(eventId('customerio', '01E4C4CT6YDC7Y5M7FE1GWWPQJ')).toBe('c0aeca1d-fc4b-8438-b4b9-a94ba9ba72fe');
    expect(eventId('shopify', 'örder/1😀')).toBe('deed659b-bce9-849a-92b2-84d44904f322');
  });

  it('goes with a digest that never changes, in whatever order the properties come', () => {
    const items = [{ sku: 'b', price: '1.00' }, { price: null }];
    const said = { name: 'click', occurredAt: 1_772_323_326_904, identifiers: [], sourceEventId: '1' };
    const one = { href: 'https://shop.example/ü?b=1', link_id: 4, items, 10: 'x', 9: true };
    const other = {
      9: true,
      10: 'x',
      items: [{ price: '1.00', sku: 'b' }, { price: null }],
      link_id: 4,
      href: one.href,
    };
    for (const properties of [one, other]) {
      expect(eventDigest({ ...said, properties }).toString('hex')).toBe('0c020e2f889e94ef7d1dd296b3b5622e');
    }
    const swapped = { ...one, items: [...items].reverse() };
    expect(eventDigest({ ...said, properties: swapped }).toString('hex')).not.toBe('0c020e2f889e94ef7d1dd296b3b5622e');
  });
});
