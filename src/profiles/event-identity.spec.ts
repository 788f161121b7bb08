import { eventDigest, eventId, haveSameContent, nameTheSame } from './event-identity.js';
import type { Identifier } from './identifier.js';

const KEY = Buffer.from('of the installation');

/** What is stored under an id or beside a digest must be found again by every later release. */
describe('the identity of an event', () => {
  it('is a UUID that never changes, of the source and the id that it gave', () => {
    expect(eventId('customerio', '01E4C4CT6YDC7Y5M7FE1GWWPQJ')).toBe('c0aeca1d-fc4b-8438-b4b9-a94ba9ba72fe');
    expect(eventId('shopify', 'örder/1😀')).toBe('deed659b-bce9-849a-92b2-84d44904f322');
  });

  it('goes with a digest of whom it names, in whatever order, which was not always noted', () => {
    const keyed = (key: Buffer, ...identifiers: Identifier[]): Buffer =>
      eventDigest({ sourceEventId: '1', name: 'click', occurredAt: 0, identifiers, properties: {} }, key);
    const named = (...identifiers: Identifier[]): Buffer => keyed(KEY, ...identifiers);
    const [ann, bo] = [
      { kind: 'email', value: 'ann@x.io' },
      { kind: 'email', value: 'bo@x.io' },
    ] as const;
    expect(nameTheSame(named(ann, bo), named(bo, ann))).toBe(true);
    expect(nameTheSame(named(ann), named(bo))).toBe(false);
    expect(nameTheSame(named(ann).subarray(0, 16), named(bo))).toBe(true);
    expect(haveSameContent(named(ann), named(bo).subarray(0, 16))).toBe(true);
    expect(nameTheSame(named(ann), keyed(Buffer.from('another one'), ann))).toBe(false);
    expect(named(ann).subarray(16).toString('hex')).toBe('ff633e1775068cec');
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
      expect(eventDigest({ ...said, properties }, KEY).toString('hex', 0, 16)).toBe('0c020e2f889e94ef7d1dd296b3b5622e');
    }
    const swapped = { ...one, items: [...items].reverse() };
    expect(eventDigest({ ...said, properties: swapped }, KEY).toString('hex', 0, 16)).not.toBe(
      '0c020e2f889e94ef7d1dd296b3b5622e',
    );
  });
});
