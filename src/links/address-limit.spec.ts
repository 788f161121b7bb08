import { AddressLimit } from './address-limit.js';

describe('a limit of addresses', () => {
  const LIMITS = { most: 2, windowMs: 10_000, mostAddresses: 3 };

  it('lets so many through within a window, of each address by itself', () => {
    const limit = new AddressLimit(LIMITS);
    expect(['a', 'a', 'b', 'a', 'b', 'b'].map((address) => limit.isOneTooMany(address, 5))).toEqual([
      ...[false, false, false, true, false, true],
    ]);
  });

  it('begins anew when the window ends, to the millisecond', () => {
    const limit = new AddressLimit(LIMITS);
    expect([0, 1, 9_999, 10_000, 10_001, 19_999, 20_000].map((at) => limit.isOneTooMany('a', at))).toEqual([
      ...[false, false, true, false, false, true, false],
    ]);
  });

  it('begins anew early rather than keep more addresses than it may', () => {
    const limit = new AddressLimit(LIMITS);
    for (const address of ['a', 'a', 'b']) limit.isOneTooMany(address, 0);
    expect(limit.isOneTooMany('a', 1)).toBe(true);
    limit.isOneTooMany('c', 1);
    expect(limit.isOneTooMany('a', 2)).toBe(false);
  });

  it('is none where it is 0', () => {
    const limit = new AddressLimit({ ...LIMITS, most: 0 });
    expect(Array.from({ length: 50 }, () => limit.isOneTooMany('a', 0))).not.toContain(true);
  });
});
